"""A declaration per public register: its columns, what a row says, and for which category it speaks.

A new register is one more. Columns are those of the registers' own files; ids stay text, because many begin with zeros.
"""

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers import names
from customers.registers.declaring import (
    MAX_KEY,
    MAX_KIND,
    MAX_REGION,
    Register,
    RegisterFacts,
    RowProblem,
    cleaned,
    country_code,
    named,
    numbered,
    own_domain,
    required,
    site_domain,
)

Row = Mapping[str, str]

# --- United States -----------------------------------------------------------------------------------


def _dotgov(row: Row) -> RegisterFacts:
    # The 2026 list has no `agency`; where the organization is blank, the agency is who holds the domain.
    return RegisterFacts(
        key=row["domain"].lower(),
        name=named(row["organization"], row.get("agency", ""), row["domain"]),
        domain=own_domain(row["domain"]),
        country="US",
        region=row["state"],
        kind=row["domain_type"],
    )


DOTGOV = Register(
    code="dotgov",
    name=_("US .gov domains"),
    required=("domain", "domain_type", "organization", "city", "state"),
    optional=("agency", "suborganization"),
    details=("agency", "suborganization", "city"),
    lists_domains=True,
    read=_dotgov,
    # The type gives the level of government, not the service: fire, police and health hide under all of them.
    category="GV-OTHER",
    # The words for a kind changed between 2020 and 2026; both stand here, because old snapshots stay.
    categories={
        "Federal - Executive": "GV-CORE",
        "Federal Agency - Executive": "GV-CORE",
        "Federal - Judicial": "GV-JUSTICE",
        "Federal Agency - Judicial": "GV-JUSTICE",
        "School district": "ED-REMOTE",
    },
)


def _govt_url(row: Row) -> RegisterFacts:
    # With a path, the host belongs to somebody else (often a mail provider) and proves nothing.
    address = row["url_or_domain"].lower()
    return RegisterFacts(
        key=cleaned(address, MAX_KEY),
        name=named(row["agency"], row["maintaining_office"], address),
        domain=own_domain(address) if "/" not in address else "",
        country="US",
        region=cleaned(row["state"], MAX_REGION),
        kind=row["level"],
    )


GOVT_URLS = Register(
    code="govt_urls",
    name=_("US government addresses outside .gov"),
    required=("url_or_domain", "agency", "maintaining_office", "level", "state"),
    optional=("use_case", "federal_branch", "comments", "date_added"),
    details=("maintaining_office", "federal_branch"),
    lists_domains=True,
    read=_govt_url,
    categories={
        "Federal": "GV-OTHER",
        "State": "GV-OTHER",
        "County": "GV-OTHER",
        "Local": "GV-OTHER",
        "Regional": "GV-OTHER",
    },
)


def _hospital_us(row: Row) -> RegisterFacts:
    return RegisterFacts(
        key=numbered(row["facility_id"], r"\d{5}[0-9A-Z]"),
        name=named(row["name"]),
        country="US",
        region=row["state"],
        kind=row["hospital_type"],
    )


HOSPITALS_US = Register(
    code="hospitals_us",
    name=_("US hospitals (CMS)"),
    required=("facility_id", "name", "state", "hospital_type"),
    optional=("city", "zip", "county", "ownership", "emergency_services", "overall_rating"),
    details=("city", "county", "ownership"),
    id_kinds=("cms",),
    read=_hospital_us,
    category="HE-ACUTE",
)


def _law_enforcement_us(row: Row) -> RegisterFacts:
    return RegisterFacts(
        key=numbered(row["ori"], r"[A-Z0-9]{9}"),
        name=named(row["name"]),
        country="US",
        region=row["state"],
        kind=row["agency_type"],
    )


LAW_ENFORCEMENT_US = Register(
    code="law_enforcement_us",
    name=_("US law enforcement agencies (FBI)"),
    required=("ori", "name", "agency_type", "state"),
    optional=("county", "lat", "lng", "division", "region"),
    details=("county",),
    id_kinds=("ori",),
    read=_law_enforcement_us,
    category="FR-POLICE",
    # These entries carry the name of the whole university, railway, tribe or office, of which the police is a part.
    categories={"University or College": "", "Other": "", "Tribal": "", "Other State Agency": ""},
)


def _fire_department_us(row: Row) -> RegisterFacts:
    # A number is unique only inside its state; a few have none and are known by their name.
    return RegisterFacts(
        key=cleaned(f"{row['state']}-{row['fdid'] or names.sort_key(row['name'])}", MAX_KEY),
        name=named(row["name"]),
        domain=site_domain(row["website"]),
        country="US",
        region=row["state"],
        kind=cleaned(row["org_type"], MAX_KIND),
        note="" if row["fdid"] else gettext("Without a number: known by its name"),
    )


FIRE_DEPARTMENTS_US = Register(
    code="fire_departments_us",
    name=_("US fire departments (USFA)"),
    required=("fdid", "name", "state", "website", "org_type"),
    optional=(
        *("city", "county", "zip", "stations_declared", "stations_listed", "dept_type"),
        *("career", "volunteer", "paid_per_call", "civilian", "civilian_volunteer"),
    ),
    details=("city", "county"),
    id_kinds=("fdid",),
    read=_fire_department_us,
    category="FR-FIRE",
    categories={"Private or industrial fire brigade": "", "Contract fire department": "", "Other": ""},
)

# --- Europe ------------------------------------------------------------------------------------------


def _hospital_eu(row: Row) -> RegisterFacts:
    # Overseas territories carry their own country code.
    return RegisterFacts(
        key=required(row["id"], gettext("The id is missing.")),
        name=named(row["name"]),
        domain=site_domain(row["website"]),
        country=country_code(row["country"]),
        region=cleaned(row["city"], MAX_REGION),
        kind=cleaned(row["facility_type"], MAX_KIND),
    )


HOSPITALS_EU = Register(
    code="hospitals_eu",
    name=_("Hospitals of France and Italy (Eurostat)"),
    required=("id", "name", "city", "country", "facility_type", "website"),
    optional=("site", "postcode", "lat", "lng", "geo_qual", "beds", "public_private", "ref_date"),
    details=("site", "postcode", "public_private"),
    read=_hospital_eu,
    category="HE-ACUTE",
    # Rehabilitation, long-term care and research under the same roof: a person looks.
    categories={
        "Etablissement de santé privé autorisé en SSR": "",
        "Etablissement de Soins Longue Durée": "",
        "Ente di ricerca": "",
    },
)


def _gov_domain_de(row: Row) -> RegisterFacts:
    # Towns are listed under "Non-Federal Agency", which is nobody's name.
    is_town = row["domain_type"] == "City"
    return RegisterFacts(
        key=row["domain"].lower(),
        name=named(row["city"] if is_town else "", row["agency"], row["domain"]),
        domain=own_domain(row["domain"]),
        country="DE",
        region=row["state"],
        kind=row["domain_type"],
    )


GOV_DOMAINS_DE = Register(
    code="gov_domains_de",
    name=_("German government domains"),
    required=("domain", "domain_type", "agency", "city", "state"),
    optional=(),
    details=("agency", "city"),
    lists_domains=True,
    read=_gov_domain_de,
    category="GV-OTHER",
    categories={"Federal Agency": "GV-CORE"},
)


def _gov_domain_fr(row: Row) -> RegisterFacts:
    # Some domains stand in two categories, and both are true: the category is a part of the key.
    address = row["domain"].strip('"').lower()
    domain = own_domain(address)
    return RegisterFacts(
        key=f"{address}/{required(row['category'], gettext('The category is missing.'))}",
        name=named(names.display_domain(domain), address),
        domain=domain,
        country="FR",
        kind=row["category"],
    )


GOV_DOMAINS_FR = Register(
    code="gov_domains_fr",
    name=_("French public bodies’ domains"),
    required=("domain", "category"),
    optional=(),
    lists_domains=True,
    read=_gov_domain_fr,
    category="GV-OTHER",
    categories={
        "aphp": "HE-ACUTE",
        "hopitaux": "HE-ACUTE",
        "sante-fr": "HE-PUBLIC",
        "universites": "ED-REMOTE",
        "academies": "ED-REMOTE",
    },
)


def _gov_domain_uk(row: Row) -> RegisterFacts:
    # A council may own the domain of a fire service: the customer is who uses it.
    return RegisterFacts(
        key=row["domain"].lower(),
        name=named(row["representing"], row["owner"]),
        domain=own_domain(row["domain"]),
        country="GB",
    )


GOV_DOMAINS_UK = Register(
    code="gov_domains_uk",
    name=_("UK government domains"),
    required=("domain", "owner", "representing"),
    optional=(),
    details=("owner",),
    lists_domains=True,
    read=_gov_domain_uk,
    category="GV-OTHER",
)


def _first_responder_uk(row: Row) -> RegisterFacts:
    if row["kind"] not in ("police-force", "fire-service"):
        raise RowProblem(gettext("“%(text)s” is not a kind of this register.") % {"text": row["kind"][:100]})
    return RegisterFacts(
        key=f"{row['kind']}-{required(row['code'], gettext('The id is missing.'))}",
        name=named(row["name"]),
        country="GB",
        kind=row["kind"],
    )


FIRST_RESPONDERS_UK = Register(
    code="first_responders_uk",
    name=_("UK police forces and fire services"),
    required=("kind", "code", "name"),
    optional=(),
    read=_first_responder_uk,
    categories={"police-force": "FR-POLICE", "fire-service": "FR-FIRE"},
)

# --- worldwide ---------------------------------------------------------------------------------------


def _ror(row: Row) -> RegisterFacts:
    # `domains` were verified by the register; half of the rows have only a website.
    return RegisterFacts(
        key=required(row["id"], gettext("The id is missing.")),
        name=named(row["name"]),
        domain=site_domain(row["domains"].split("|")[0] or row["website"]),
        country=country_code(row["country"]),
        region=cleaned(row["city"], MAX_REGION),
        kind=cleaned(row["types"].replace("|", ", "), MAX_KIND),
        is_active=row["status"] == "active",
    )


ROR = Register(
    code="ror",
    name=_("Research Organization Registry"),
    required=("id", "name", "types", "status", "country", "city", "website", "domains"),
    optional=(
        *("established", "lat", "lng", "acronyms", "aliases"),
        *("wikidata", "n_relationships", "last_modified", "release"),
    ),
    details=("acronyms", "aliases", "website", "domains", "wikidata"),
    id_kinds=("ror",),
    read=_ror,
    # Several types mean that a person must choose; one type speaks for itself.
    categories={"healthcare": "HE-ACUTE", "education": "ED-REMOTE", "government": "GV-OTHER"},
)


def _university(row: Row) -> RegisterFacts:
    # Two universities may share a domain, so the name is a part of the key.
    country = country_code(row["country_code"])
    domains = required(row["domains"], gettext("The domain is missing."))
    return RegisterFacts(
        key=cleaned(f"{country}-{domains} {names.sort_key(row['name'])}", MAX_KEY),
        name=named(row["name"]),
        domain=own_domain(domains.split("|")[0]),
        country=country,
        region=cleaned(row["state_province"], MAX_REGION),
    )


UNIVERSITIES = Register(
    code="universities",
    name=_("Universities and their domains"),
    required=("name", "country_code", "state_province", "domains"),
    optional=("country", "web_pages"),
    details=("domains",),
    read=_university,
    category="ED-REMOTE",
)

REGISTERS = {
    register.code: register
    for register in (
        *(DOTGOV, GOVT_URLS, HOSPITALS_US, LAW_ENFORCEMENT_US, FIRE_DEPARTMENTS_US),
        *(HOSPITALS_EU, GOV_DOMAINS_DE, GOV_DOMAINS_FR, GOV_DOMAINS_UK, FIRST_RESPONDERS_UK),
        *(ROR, UNIVERSITIES),
    )
}
