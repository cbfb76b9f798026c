from collections.abc import Mapping
from typing import (
    Any,
    TypeVar,
    Union,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.token_token_type import TokenTokenType
from ..types import UNSET, Unset

T = TypeVar("T", bound="Token")


@_attrs_define
class Token:
    """An access token (RFC 6749, section 5.1; `access_token` as in Flask-JWT).

    Attributes:
        access_token (str): The JWT in compact form. Treat it as opaque. Example: eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e
            yJleHAiOjE4MDAwMDAzMDAsImlhdCI6MTgwMDAwMDAwMCwiaWRlbnRpdHkiOjEsImp0aSI6IkdmN1ROd1lQdXNBTmhlNHBxT0FwX0EiLCJuYmYiO
            jE4MDAwMDAwMDAsInN1YiI6IjEifQ.sEsbh8mU5l6ZcP0bR6eGkyGIJoVFjzhUGVFyMd62yxA.
        token_type (TokenTokenType): The scheme to send the token with (RFC 6750, section 2.1). Example: Bearer.
        expires_in (int): Seconds from now until the token ends. Example: 300.
        device_token (Union[Unset, str]): Says that this user has logged in with this client: send it with the next
            login,
            and keep each one in place of the one before. Treat it as opaque, and keep it
            as the access token is kept. It is good for this user alone, for 180 days
            unless the server is set otherwise, and ends when the password is changed. It is
            no access token. Absent where the server is set to give none.
             Example: AQAAAABrSdIAcmVzdGF1dGgvZXhhbXBsZc4SZdv8BCyCv8u-UzCVvlN16chf-O8zs3Y_t_IYRI9g.
    """

    access_token: str
    token_type: TokenTokenType
    expires_in: int
    device_token: Union[Unset, str] = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        access_token = self.access_token

        token_type = self.token_type.value

        expires_in = self.expires_in

        device_token = self.device_token

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "access_token": access_token,
                "token_type": token_type,
                "expires_in": expires_in,
            }
        )
        if device_token is not UNSET:
            field_dict["device_token"] = device_token

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        access_token = d.pop("access_token")

        token_type = TokenTokenType(d.pop("token_type"))

        expires_in = d.pop("expires_in")

        device_token = d.pop("device_token", UNSET)

        token = cls(
            access_token=access_token,
            token_type=token_type,
            expires_in=expires_in,
            device_token=device_token,
        )

        token.additional_properties = d
        return token

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
