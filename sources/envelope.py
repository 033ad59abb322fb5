"""What a page says beside its records."""

import msgspec

NULL = msgspec.Raw(b"null")


class Pagination(msgspec.Struct):
    """What a page by offset says about the next one."""

    more_items_in_collection: bool = False


class Numbered(msgspec.Struct, rename="camel"):
    """What a page with a number says of the whole list."""

    total_records: int | None = None


class More(msgspec.Struct):
    """What the envelope says about the next page; some lists by offset say it in `pagination`, some beside it."""

    next_cursor: str | None = None
    pagination: Pagination | None = None
    more_items_in_collection: bool = False

    @property
    def follows(self) -> bool:
        """Whether a page by offset follows."""
        return self.more_items_in_collection or bool(
            self.pagination and self.pagination.more_items_in_collection
        )


class Loose(msgspec.Struct):
    """A page whose values are left as they are."""

    success: bool = True
    data: list[dict[str, msgspec.Raw]] | None = None
    additional_data: msgspec.Raw = NULL
    paginationInfo: msgspec.Raw = NULL  # noqa: N815
