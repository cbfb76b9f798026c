from collections.abc import Mapping
from typing import (
    Any,
    TypeVar,
    Union,
)

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="Credentials")


@_attrs_define
class Credentials:
    """A user name and a password, and the device token of an earlier login where
    there is one. No other member is allowed.

        Attributes:
            username (str): As the user types it. U+0000 is refused. Example: roy.
            password (str): Compared as the UTF-8 bytes sent, never cut or normalised. U+0000 is refused. Example: roy.
            device_token (Union[Unset, str]): The `device_token` that an earlier login of this user answered. It opens
                nothing by itself. One that has ended, or is another user's, or none at all,
                counts as if it had been left out.
                 Example: AQAAAABrSdIAcmVzdGF1dGgvZXhhbXBsZc4SZdv8BCyCv8u-UzCVvlN16chf-O8zs3Y_t_IYRI9g.
    """

    username: str
    password: str
    device_token: Union[Unset, str] = UNSET

    def to_dict(self) -> dict[str, Any]:
        username = self.username

        password = self.password

        device_token = self.device_token

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "username": username,
                "password": password,
            }
        )
        if device_token is not UNSET:
            field_dict["device_token"] = device_token

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        username = d.pop("username")

        password = d.pop("password")

        device_token = d.pop("device_token", UNSET)

        credentials = cls(
            username=username,
            password=password,
            device_token=device_token,
        )

        return credentials
