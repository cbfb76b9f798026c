from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    TypeVar,
    Union,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.violation import Violation


T = TypeVar("T", bound="Problem")


@_attrs_define
class Problem:
    """Every error (RFC 9457), with Flask-JWT's three members beside.

    Attributes:
        type_ (str): Names the kind of problem; `about:blank` when the status says all. Example: about:blank.
        title (str): The kind of problem in words. Example: Bad Request.
        status (int): The HTTP status. Example: 400.
        detail (str): What went wrong this time. Never holds a submitted value. Example: The request does not match the
            API description..
        request_id (str): The value of X-Request-Id. Example: 01b3c2d4e5f60718293a4b5c6d7e8f90.
        status_code (int): Flask-JWT's name for `status`. Example: 400.
        error (str): Flask-JWT's name for the kind of problem. Example: Bad Request.
        description (str): Flask-JWT's name for `detail`, in its words. Example: The request does not match the API
            description..
        errors (Union[Unset, list['Violation']]): What a request violates of this document, for 400.
    """

    type_: str
    title: str
    status: int
    detail: str
    request_id: str
    status_code: int
    error: str
    description: str
    errors: Union[Unset, list["Violation"]] = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_

        title = self.title

        status = self.status

        detail = self.detail

        request_id = self.request_id

        status_code = self.status_code

        error = self.error

        description = self.description

        errors: Union[Unset, list[dict[str, Any]]] = UNSET
        if not isinstance(self.errors, Unset):
            errors = []
            for errors_item_data in self.errors:
                errors_item = errors_item_data.to_dict()
                errors.append(errors_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "type": type_,
                "title": title,
                "status": status,
                "detail": detail,
                "request_id": request_id,
                "status_code": status_code,
                "error": error,
                "description": description,
            }
        )
        if errors is not UNSET:
            field_dict["errors"] = errors

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.violation import Violation

        d = dict(src_dict)
        type_ = d.pop("type")

        title = d.pop("title")

        status = d.pop("status")

        detail = d.pop("detail")

        request_id = d.pop("request_id")

        status_code = d.pop("status_code")

        error = d.pop("error")

        description = d.pop("description")

        errors = []
        _errors = d.pop("errors", UNSET)
        for errors_item_data in _errors or []:
            errors_item = Violation.from_dict(errors_item_data)

            errors.append(errors_item)

        problem = cls(
            type_=type_,
            title=title,
            status=status,
            detail=detail,
            request_id=request_id,
            status_code=status_code,
            error=error,
            description=description,
            errors=errors,
        )

        problem.additional_properties = d
        return problem

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
