"""Invented names. No place, person or institution here exists; domains end in `.example`, which nobody can own."""

import random
from typing import Any

# Stems and endings that make places which are on no map.
_STEMS = {
    "de": "Alven Bergis Corven Dornis Elmsen Farnis Gorlen Halvers Irmsen Jorven Kelmen Lorven Marsen Nelvers Olben "
    "Perlis Quarmen Rosten Silvers Tarnen Ulmers Velmen Wansen Zerlen Brunis Krellen Strelmen Treuen Ravers Lembis",
    "en": "Alder Bram Corvel Dunmer Elsin Fenwar Garrow Hallen Isling Jarrow Kelmar Larken Merrin Norvel Orwen Pell "
    "Quarley Rensham Selwar Tarren Ulver Varley Wexen Yarrel Brackel Crownel Drayvel Stanvel Thornel Westvel",
    "rm": "Alvar Belor Corval Duran Elvar Fontar Galvi Hermo Istrel Jovar Lamor Marvel Nivar Orvel Palmor Quilar Rival "
    "Solvar Tarbel Uvar Valmor Vervel Bonvar Clarvel Montrel Pontrel Servel Treval Vilar Zamor",
}
_ENDINGS = {
    "de": "au bruck dorf feld hagen heim stetten walde hafen burg rode tal",
    "en": "ford ton mere wick bridge haven combe field port bury ness dale",
    "rm": "anza ella ino ona etta ières agne oux ares edo illa osa",
}
# Which kind of names a country gets; English where nothing is said.
_TONGUES = {"DE": "de", "AT": "de", "CH": "de", "FR": "rm", "ES": "rm", "IT": "rm", "BR": "rm", "BE": "rm", "MX": "rm"}

# By category: the names that bodies of the kind have, {p} being the place.
_BODIES: dict[str, tuple[str, str]] = {
    "FR-POLICE": ("Polizeidirektion {p}", "{p} Police Service"),
    "FR-FIRE": ("Feuerwehr {p}", "{p} Fire and Rescue"),
    "FR-EMS": ("Rettungsdienst {p}", "{p} Ambulance Service"),
    "FR-DISPATCH": ("Integrierte Leitstelle {p}", "{p} Emergency Call Center"),
    "HE-ACUTE": ("Klinikum {p}", "{p} General Hospital"),
    "HE-PUBLIC": ("Gesundheitsamt {p}", "{p} Public Health Office"),
    "HE-SUPPLY": ("Blutspendezentrum {p}", "{p} Blood and Laboratory Services"),
    "EM-AUTHORITY": ("Katastrophenschutz {p}", "{p} Emergency Management Office"),
    "EM-AID": ("Hilfswerk {p} e. V.", "{p} Relief Association"),
    "GV-CORE": ("Landesrechenzentrum {p}", "{p} Government Data Center"),
    "CI-ENERGY": ("Stadtwerke {p} Energie GmbH", "{p} Power and Grid"),
    "CI-WATER": ("Wasserverband {p}", "{p} Water Board"),
    "CI-TELECOM": ("{p}netz Telekommunikation GmbH", "{p} Telecom"),
    "CI-FOOD": ("Lebensmittelzentrale {p} eG", "{p} Food Logistics"),
    "CI-TRANSPORT": ("Verkehrsbetriebe {p}", "{p} Transit Authority"),
    "CI-FINANCE": ("Sparkasse {p}", "{p} Savings Bank"),
    "CI-WASTE": ("Entsorgungsbetrieb {p}", "{p} Waste Services"),
    "CI-MEDIA": ("Rundfunk {p}", "{p} Public Broadcasting"),
    "GV-JUSTICE": ("Landgericht {p}", "{p} District Court"),
    "GV-DEFENCE": ("Wehrtechnische Stelle {p}", "{p} Defense Logistics Office"),
    "ED-REMOTE": ("Hochschule {p}", "{p} University"),
    "RS-CRISIS": ("Institut für Krisenforschung {p}", "{p} Institute for Crisis Research"),
    "GV-OTHER": ("Stadtbibliothek {p}", "{p} Public Library"),
}
_COMPANIES = {
    "de": "{p} Maschinenbau GmbH|{p} Handel AG|{p} Logistik GmbH|{p} Versicherung AG|{p} Software GmbH|"
    "Verlag {p} GmbH|{p} Anlagentechnik KG|{p} Reisen GmbH|{p} Spielestudio GmbH|Steuerkanzlei {p}",
    "en": "{p} Robotics Ltd|{p} Retail Group|{p} Logistics|{p} Insurance|{p} Software Inc|{p} Press|{p} Engineering|"
    "{p} Travel|{p} Games Studio|{p} Advisory Partners",
}
_SMALL = {
    "de": "{p} Startwerkstatt|Werkstudio {p}|Projektgruppe {p}|Lernclub {p}|Ideenlabor {p}",
    "en": "{p} Maker Studio|Project {p}|{p} Student Lab|{p} Side Project|{p} Idea Lab",
}


class Names:
    """Draws names, each once."""

    def __init__(self, source: random.Random) -> None:
        self._random = source
        self._used: set[str] = set()

    def body(self, category: str, country: str) -> str:
        """A name for an organization of a sector category."""
        german, english = _BODIES[category]
        return self._once(lambda: german if self._tongue(country) == "de" else english, country)

    def company(self, country: str, *, small: bool = False) -> str:
        """A name for a company, or for a small group that uses free offers."""
        choices = (_SMALL if small else _COMPANIES)["de" if self._tongue(country) == "de" else "en"].split("|")
        return self._once(lambda: self._random.choice(choices), country)

    def place(self, country: str) -> str:
        """A place that is on no map."""
        tongue = self._tongue(country)
        return self._random.choice(_STEMS[tongue].split()) + self._random.choice(_ENDINGS[tongue].split())

    def _tongue(self, country: str) -> str:
        return _TONGUES.get(country, "en")

    def _once(self, pattern: Any, country: str) -> str:
        while True:
            place = self.place(country)
            name = pattern().format(p=place)
            if name in self._used:
                # Two parts of one town are two places.
                name = pattern().format(p=f"{place}-{self.place(country)}")
            if name not in self._used:
                self._used.add(name)
                return name


def domain_of(name: str, number: int) -> str:
    """A domain under which nobody can reach anybody."""
    letters = "".join(char for char in name.lower() if char.isascii() and char.isalnum())
    return f"{letters[:24] or 'org'}-{number}.example"
