from collections.abc import Mapping
from typing import (
    Any,
    TypeVar,
    Union,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="User")


@_attrs_define
class User:
    """A row of the user table.

    Attributes:
        subject (str): The primary key, whatever it is: a number in decimal digits, a text as
            it stands in the table. The token's `sub`.
             Example: 1.
        id (Union[Unset, int]): The primary key where it is a whole number of 64 bits, the token's
            `identity`; absent where it is a larger number, a text or a UUID.
            JavaScript's numbers are exact up to 2^53; `subject` is so beyond.
             Example: 1.
        username (Union[Unset, str]): As it stands in the table; absent where the column is NULL. Example: roy.
    """

    subject: str
    id: Union[Unset, int] = UNSET
    username: Union[Unset, str] = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        subject = self.subject

        id = self.id

        username = self.username

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "subject": subject,
            }
        )
        if id is not UNSET:
            field_dict["id"] = id
        if username is not UNSET:
            field_dict["username"] = username

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        subject = d.pop("subject")

        id = d.pop("id", UNSET)

        username = d.pop("username", UNSET)

        user = cls(
            subject=subject,
            id=id,
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
