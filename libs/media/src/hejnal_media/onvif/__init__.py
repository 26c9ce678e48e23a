"""What both ends of an ONVIF conversation share: names, XML from strangers, SOAP 1.2, WS-Security digests."""

from hejnal_media.onvif.soap import SoapFaultError, envelope, read_body, read_envelope
from hejnal_media.onvif.xml import MalformedXmlError, parse_xml

__all__ = ["MalformedXmlError", "SoapFaultError", "envelope", "parse_xml", "read_body", "read_envelope"]
