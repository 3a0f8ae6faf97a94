"""Search by words in the database: whole words as a text search vector, found by their beginnings."""

from typing import Any

from django.db.models import Func, Lookup, TextField


class WordVector(Func):
    """The words of a `search_text` as a text search vector, as they are: nothing is stemmed, nothing left out."""

    template = "array_to_tsvector(string_to_array(btrim(%(expressions)s), ' '))"
    arity = 1
    output_field = TextField()


@TextField.register_lookup
class Found(Lookup):
    """`search_text__found=names.tsquery(text)`: whether the words are found by the query; served by the index."""

    lookup_name = "found"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, column_params = self.process_lhs(compiler, connection)
        query, query_params = self.process_rhs(compiler, connection)
        vector = WordVector.template % {"expressions": column}
        return f"{vector} @@ ({query})::tsquery", (*column_params, *query_params)
