"""Facts over Kafka: CloudEvents 1.0 in binary mode, at least once, in order per key, nothing swallowed."""

from hejnal_runtime.bus.consumer import Consumer
from hejnal_runtime.bus.message import Message
from hejnal_runtime.bus.producer import Producer
from hejnal_runtime.bus.table import CompactedTable

__all__ = ["CompactedTable", "Consumer", "Message", "Producer"]
