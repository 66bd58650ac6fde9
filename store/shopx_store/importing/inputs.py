"""The inputs that a mapping names: text, Parquet, workbooks, JSON, tables of PostgreSQL."""

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    field_validator,
    model_validator,
)


class _Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


Names = Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]


class InputSpec(_Spec):
    """What all inputs share."""

    columns: dict[str, Names] = Field(default_factory=dict)
    """Names for expressions, each with the column it stands for, or several of which a file has
    one. Columns may also be used by their own names."""
    null: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ("",)
    """Texts that stand for no value."""
    key: str | None = None
    """The column by which `lookup()` finds a row."""
    carry: Names | tuple[()] = ()
    """Columns of which an empty field has the value of the row above."""
    optional: Names | tuple[()] = ()
    """Columns that may be missing: without one, there is no value in any row."""

    @field_validator("columns")
    @classmethod
    def _identifiers(cls, columns: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for name in columns:
            if not name.isidentifier():
                raise ValueError(
                    f"{name!r} cannot be used in expressions; letters, digits and _ can"
                )
        return columns


class FileSpec(_Spec):
    """Files of one pattern, where some differ from the others."""

    match: str
    """A file name, or a pattern with * and ?."""
    header: bool | None = None
    names: tuple[str, ...] | None = None


def _file_specs(value: Any) -> Any:
    return [{"match": item} if isinstance(item, str) else item for item in _listed(value)]


class FileInput(InputSpec):
    """An input of files."""

    files: Annotated[tuple[FileSpec, ...], BeforeValidator(_file_specs)] = Field(min_length=1)


Character = Annotated[str, Field(min_length=1, max_length=1)]


class TextInput(FileInput):
    """An input of text files; `.gz` is unpacked."""

    encoding: str = "utf-8-sig"
    """UTF-8, with or without a byte order mark, by default."""
    decimal: Character = "."
    """What separates decimals."""
    thousands: Character | None = None
    """What groups digits."""
    accounting: bool = False
    """Whether numbers may have a currency's sign or code, parentheses or a minus after them."""
    skip: int = Field(default=0, ge=0, le=1000)
    """Lines before the header, or before the first row."""

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str) -> str:
        try:
            "".encode(name)
        except LookupError:
            raise ValueError("is no encoding (such as utf-8, cp1252, latin-1)") from None
        return "utf-8-sig" if name.lower().replace("_", "-") in {"utf-8", "utf8"} else name

    @model_validator(mode="after")
    def _separators(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError("thousands: must differ from decimal")
        return self


class NamedText(TextInput):
    """A text with columns that a header line or the mapping names."""

    header: bool = True
    names: tuple[str, ...] | None = None
    """The columns' names, where there is no header or to replace it."""

    @model_validator(mode="after")
    def _named(self) -> Self:
        for spec in self.files:
            header = self.header if spec.header is None else spec.header
            if not header and not (spec.names or self.names):
                raise ValueError("names: needed, because there is no header line")
        return self


class Packed(_Spec):
    """A column whose fields hold several parts, each with fields of its own."""

    column: str
    """Its name; a part's field is the column `name.field`."""
    parts: str = Field(default=";", min_length=1, max_length=5)
    """What separates the parts."""
    fields: str = Field(default="|", min_length=1, max_length=5)
    """What separates the fields of a part."""
    value: str = Field(default=":", min_length=1, max_length=5)
    """What separates a field's name from its value."""


class DelimitedInput(NamedText):
    """CSV and similar formats."""

    format: Literal["delimited"]
    delimiter: Character = ","
    quote: Character | None = '"'
    """What surrounds a field that holds delimiters or line breaks; doubled within."""
    escape: Character | None = None
    """What is before a quote, delimiter or line break that is part of a field."""
    unpack: Packed | None = None
    """Each part of a packed column becomes a row."""


class WhitespaceInput(NamedText):
    """Columns separated by blanks."""

    format: Literal["whitespace"]


class FixedField(_Spec):
    """Where a column is in each line."""

    name: str
    start: int = Field(ge=1)
    """The first character, counted from 1."""
    width: int = Field(ge=1)


class FixedInput(TextInput):
    """Columns at fixed positions."""

    format: Literal["fixed"]
    fields: tuple[FixedField, ...] = Field(min_length=1)


class ParquetInput(FileInput):
    """Apache Parquet."""

    format: Literal["parquet"]


class ArrowInput(FileInput):
    """Apache Arrow's file or stream format (Feather)."""

    format: Literal["arrow"]


class TableInput(InputSpec):
    """A table or view of a database."""

    table: str


class Since(_Spec):
    """The rows of a table that are to be read: those that changed."""

    value: int | dt.datetime | dt.date
    """Of the column `cursor`."""
    inclusive: bool = True
    """Whether rows with this very value are read."""


class CursoredInput(TableInput):
    """A table of a server: of one that is read again, the rows that changed are read."""

    cursor: str | None = None
    """A column that grows with each change of a row: when it was changed, or a number."""
    _since: Since | None = PrivateAttr(None)

    @property
    def since(self) -> Since | None:
        """Which rows are read; `None` = all."""
        return self._since

    def reading(self, since: Since) -> Self:
        """This input, of which the rows since a value are read alone."""
        made = self.model_copy()
        made._since = since  # noqa: SLF001 -- of this very class
        return made


class SqliteInput(TableInput):
    """Of a SQLite database, which is a file."""

    format: Literal["sqlite"]


class MysqlInput(CursoredInput):
    """Of a MySQL or MariaDB database."""

    format: Literal["mysql"]


class WorkbookInput(FileInput):
    """A sheet of an Excel or OpenDocument workbook."""

    format: Literal["workbook"]
    sheet: str | None = None
    """Its name; needed where there are several."""
    skip: int = Field(default=0, ge=0, le=1000)
    """Rows before the header."""


class JsonFields(FileInput):
    """JSON objects."""

    each: str | None = None
    """A list in each object, of which each element becomes a row; its fields are `list.field`."""


class JsonLinesInput(JsonFields):
    """Text with one JSON object a line."""

    format: Literal["json-lines"]


class JsonInput(JsonFields):
    """One JSON document, which is read into memory whole."""

    format: Literal["json"]
    records: str = ""
    """The list of objects in it, such as `data.orders`; without it, the document is the list."""


class Only(_Spec):
    """The rows of a table that are to be read: those with a key."""

    column: str | None
    """The table's; `None` = no row is read."""
    kind: str = "text"
    """The type that keys are compared as."""
    keys: tuple[str, ...] = ()


class PostgresInput(CursoredInput):
    """A table or view of a PostgreSQL database."""

    format: Literal["postgresql"]
    schema_: str = Field(default="public", alias="schema")
    _only: Only | None = PrivateAttr(None)

    @property
    def only(self) -> Only | None:
        """Which rows are read; `None` = all."""
        return self._only

    def reading_only(self, only: Only) -> Self:
        """This input, of which rows with a key are read alone."""
        made = self.model_copy()
        made._only = only  # noqa: SLF001 -- of this very class
        return made


Input = Annotated[
    DelimitedInput
    | WhitespaceInput
    | FixedInput
    | ParquetInput
    | ArrowInput
    | SqliteInput
    | MysqlInput
    | WorkbookInput
    | JsonLinesInput
    | JsonInput
    | PostgresInput,
    Field(discriminator="format"),
]
