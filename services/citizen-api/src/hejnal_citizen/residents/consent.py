"""What a resident agrees to, word by word. A new wording gets a new version; old entries of the ledger keep theirs."""

from hejnal_contracts.base import Language

CONSENT_VERSION = "2026-11"
CONSENT_TEXTS: dict[Language, str] = {
    Language.PL: (
        "Zgadzam się, aby urząd miasta wysyłał mi na ten adres lub numer komunikaty, które wybiorę. "
        "Zgodę mogę wycofać w każdej chwili; działa to od razu."
    ),
    Language.EN: (
        "I agree that the town office sends the announcements I choose to this address or number. "
        "I can withdraw this consent at any time; it takes effect at once."
    ),
    Language.UK: (
        "Я погоджуюся, щоб міська рада надсилала на цю адресу або номер повідомлення, які я виберу. "
        "Я можу відкликати згоду будь-коли; це діє одразу."
    ),
}
BROWSER_TEXT = "Zgoda na powiadomienia wyrażona w oknie przeglądarki."
BROWSER_VERSION = "browser-permission"
