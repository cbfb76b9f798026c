"""Contains all the data models used in inputs/outputs"""

from .credentials import Credentials
from .health import Health
from .health_status import HealthStatus
from .problem import Problem
from .token import Token
from .token_token_type import TokenTokenType
from .user import User
from .violation import Violation

__all__ = (
    "Credentials",
    "Health",
    "HealthStatus",
    "Problem",
    "Token",
    "TokenTokenType",
    "User",
    "Violation",
)
