from collections.abc import Mapping
from typing import (
    Any,
    TypeVar,
    Union,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="User")


@_attrs_define
class User:
    """A row of the user table.

    Attributes:
        id (Union[int, str]): The primary key: a number where it is a whole one of 64 bits, else a
            string, of text, a UUID, or the digits of a larger number.
            JavaScript's numbers are exact up to 2^53; `subject` is so beyond.
             Example: 1.
        subject (str): The primary key in words, the token's `sub`; a number in decimal digits. Example: 1.
        username (Union[Unset, str]): As it stands in the table; absent where the column is NULL. Example: roy.
    """

    id: Union[int, str]
    subject: str
    username: Union[Unset, str] = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id: Union[int, str]
        id = self.id

        subject = self.subject

        username = self.username

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "subject": subject,
            }
        )
        if username is not UNSET:
            field_dict["username"] = username

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_id(data: object) -> Union[int, str]:
            return cast(Union[int, str], data)

        id = _parse_id(d.pop("id"))

        subject = d.pop("subject")

        username = d.pop("username", UNSET)

        user = cls(
            id=id,
            subject=subject,
            username=username,
        )

        user.additional_properties = d
        return user

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
