"""The guide to alarm signals and the national emergency numbers, in each language of the town.

Signals after the Polish regulation on alarm signals (rozporządzenie RM z 7.01.2013 w sprawie systemów wykrywania skażeń i
powiadamiania, Dz.U. 2013 poz. 96, annex): a sound that rises and falls for three minutes, and a steady one for three minutes.
"""

from hejnal_citizen.guides.schemas import AlarmSignal, AlarmSignalGuide, SoundPhase, TownContact
from hejnal_contracts.base import Language

LEGAL_BASIS = "Dz.U. 2013 poz. 96"
_RISING = [SoundPhase(sound="rising_falling", duration_s=180)]
_STEADY = [SoundPhase(sound="steady", duration_s=180)]

ALARM_SIGNALS: dict[Language, AlarmSignalGuide] = {
    Language.PL: AlarmSignalGuide(
        language=Language.PL,
        title="Co znaczą syreny",
        introduction="Są dwa sygnały. O zapowiedzianej godzinie mogą być ćwiczeniem: powiemy o tym wcześniej w komunikacie.",
        signals=[
            AlarmSignal(
                code="alarm",
                title="Alarm",
                sound="Dźwięk, który wznosi się i opada przez 3 minuty.",
                phases=_RISING,
                spoken="Uwaga! Uwaga! Uwaga! Ogłaszam alarm (przyczyna, rodzaj alarmu) dla…",
                what_to_do=[
                    "Wejdź do najbliższego budynku i odejdź od okien.",
                    "Zamknij okna i drzwi, wyłącz wentylację i gaz.",
                    "Włącz radio lub telewizor albo sprawdź komunikaty tutaj i rób to, co mówią służby.",
                    "Pomóż dzieciom, osobom starszym i sąsiadom, którzy mogli nie usłyszeć.",
                    "Pod 112 dzwoń tylko wtedy, gdy ktoś potrzebuje pomocy.",
                ],
            ),
            AlarmSignal(
                code="all_clear",
                title="Odwołanie alarmu",
                sound="Jednostajny dźwięk przez 3 minuty.",
                phases=_STEADY,
                spoken="Uwaga! Uwaga! Uwaga! Odwołuję alarm (przyczyna, rodzaj alarmu) dla…",
                what_to_do=[
                    "Zagrożenie minęło. Wyjdź, gdy służby na to pozwolą.",
                    "Przewietrz pomieszczenia i sprawdź, czy sąsiedzi są bezpieczni.",
                    "Zgłoś szkody tutaj albo w urzędzie.",
                ],
            ),
        ],
        legal_basis=LEGAL_BASIS,
    ),
    Language.EN: AlarmSignalGuide(
        language=Language.EN,
        title="What the sirens mean",
        introduction="There are two signals. At an announced hour they may be a drill: we say so in an announcement beforehand.",
        signals=[
            AlarmSignal(
                code="alarm",
                title="Alarm",
                sound="A sound that rises and falls for 3 minutes.",
                phases=_RISING,
                spoken="Uwaga! Uwaga! Uwaga! Ogłaszam alarm … (Attention! I announce an alarm, its cause and kind, for …)",
                what_to_do=[
                    "Go into the nearest building and keep away from windows.",
                    "Close windows and doors, switch off ventilation and gas.",
                    "Switch on radio or television, or look at the announcements here, and do what the services say.",
                    "Help children, older people and neighbours who may not have heard it.",
                    "Call 112 only when somebody needs help.",
                ],
            ),
            AlarmSignal(
                code="all_clear",
                title="All-clear",
                sound="A steady sound for 3 minutes.",
                phases=_STEADY,
                spoken="Uwaga! Uwaga! Uwaga! Odwołuję alarm … (Attention! I call the alarm off …)",
                what_to_do=[
                    "The danger is over. Go out when the services allow it.",
                    "Air the rooms and see whether your neighbours are safe.",
                    "Report damage here or at the town office.",
                ],
            ),
        ],
        legal_basis=LEGAL_BASIS,
    ),
    Language.UK: AlarmSignalGuide(
        language=Language.UK,
        title="Що означають сирени",
        introduction="Є два сигнали. В оголошений час це може бути навчання: ми заздалегідь скажемо про це в повідомленні.",
        signals=[
            AlarmSignal(
                code="alarm",
                title="Тривога",
                sound="Звук, що наростає і спадає протягом 3 хвилин.",
                phases=_RISING,
                spoken="Uwaga! Uwaga! Uwaga! Ogłaszam alarm … (Увага! Оголошую тривогу, її причина і вид, для …)",
                what_to_do=[
                    "Зайдіть до найближчої будівлі та відійдіть від вікон.",
                    "Зачиніть вікна і двері, вимкніть вентиляцію та газ.",
                    "Увімкніть радіо чи телевізор або перевірте повідомлення тут і робіть те, що кажуть служби.",
                    "Допоможіть дітям, літнім людям і сусідам, які могли не почути.",
                    "Телефонуйте 112 лише тоді, коли комусь потрібна допомога.",
                ],
            ),
            AlarmSignal(
                code="all_clear",
                title="Відбій тривоги",
                sound="Рівний звук протягом 3 хвилин.",
                phases=_STEADY,
                spoken="Uwaga! Uwaga! Uwaga! Odwołuję alarm … (Увага! Відбій тривоги …)",
                what_to_do=[
                    "Небезпека минула. Виходьте, коли дозволять служби.",
                    "Провітріть приміщення і перевірте, чи сусіди в безпеці.",
                    "Повідомте про шкоду тут або в міській раді.",
                ],
            ),
        ],
        legal_basis=LEGAL_BASIS,
    ),
}


def _number(phone: str, pl: str, en: str, uk: str) -> TownContact:
    names = {Language.PL: pl, Language.EN: en, Language.UK: uk}
    return TownContact(names=names, phone=phone, emergency=True)


EMERGENCY_NUMBERS: tuple[TownContact, ...] = (
    _number("112", "Numer alarmowy", "Emergency number", "Номер екстреної допомоги"),
    _number("999", "Pogotowie ratunkowe", "Ambulance", "Швидка допомога"),
    _number("998", "Straż pożarna", "Fire brigade", "Пожежна служба"),
    _number("997", "Policja", "Police", "Поліція"),
    _number("986", "Straż miejska", "Municipal guard", "Муніципальна варта"),
    _number("991", "Pogotowie energetyczne", "Power failures", "Аварійна служба електромереж"),
    _number("992", "Pogotowie gazowe", "Gas leaks", "Аварійна газова служба"),
    _number("993", "Pogotowie ciepłownicze", "Heating failures", "Аварійна служба теплопостачання"),
    _number("994", "Pogotowie wodociągowe", "Water failures", "Аварійна служба водопостачання"),
)
