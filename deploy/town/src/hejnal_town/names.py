"""Street names as Polish towns have them, in pools; each is used once."""

POOLS: dict[str, tuple[str, ...]] = {
    "people": (
        "Adama Mickiewicza", "Juliusza Słowackiego", "Fryderyka Chopina", "Henryka Sienkiewicza",
        "Bolesława Prusa", "Elizy Orzeszkowej", "Mikołaja Kopernika", "Marii Skłodowskiej-Curie",
        "Stefana Żeromskiego", "Jana Kochanowskiego", "Stanisława Moniuszki", "Wisławy Szymborskiej",
        "Jana Matejki", "Tadeusza Kościuszki", "Józefa Piłsudskiego", "Marii Konopnickiej",
    ),
    "crafts": (
        "Młyńska", "Garbarska", "Browarna", "Wodna", "Flisacka", "Tkacka",
        "Kowalska",
        "Targowa", "Przewozowa", "Nadbrzeżna", "Piwna", "Stolarska",
    ),
    "history": (
        "Bolesława Chrobrego", "Mieszka I", "Kazimierza Wielkiego", "Królowej Jadwigi",
        "Władysława Łokietka", "3 Maja", "11 Listopada", "Armii Krajowej",
        "Batalionów Chłopskich",
        "Solidarności", "Zygmunta Starego", "Jana III Sobieskiego",
    ),
    "trees": (
        "Lipowa", "Dębowa", "Brzozowa", "Klonowa", "Jesionowa", "Akacjowa",
        "Kasztanowa",
        "Jarzębinowa", "Sosnowa", "Świerkowa", "Wierzbowa", "Bukowa", "Grabowa",
        "Topolowa", "Modrzewiowa", "Olchowa", "Cisowa", "Jaworowa", "Leszczynowa",
        "Orzechowa", "Wiązowa", "Jodłowa",
    ),
    "birds": (
        "Skowronkowa", "Słowicza", "Jaskółcza", "Sokola", "Orla", "Żurawia",
        "Bociania",
        "Krucza", "Sikorkowa", "Gołębia", "Czajki", "Dzięciołowa", "Kukułcza",
        "Pawia",
        "Wilgi", "Jastrzębia", "Drozdowa", "Zięby",
    ),
    "flowers": (
        "Różana", "Fiołkowa", "Konwaliowa", "Liliowa", "Tulipanowa", "Malwowa",
        "Wrzosowa", "Nagietkowa", "Chabrowa", "Makowa", "Bratkowa", "Jaśminowa",
        "Krokusowa", "Storczykowa", "Piwoniowa", "Stokrotki",
    ),
    "fields": (
        "Polna", "Łąkowa", "Zbożowa", "Pszenna", "Żytnia", "Sadowa", "Wiśniowa",
        "Jabłoniowa", "Gruszowa", "Śliwkowa", "Malinowa", "Poziomkowa", "Rolna",
        "Chmielna", "Miodowa", "Pogodna", "Słoneczna", "Wiosenna",
    ),
    "places": (
        "Opatowska", "Iłżecka", "Starachowicka", "Ostrowiecka", "Zwoleńska", "Lipska",
        "Solecka", "Tarnobrzeska", "Staszowska", "Skaryszewska", "Kazanowska", "Puławska",
        "Dęblińska", "Szydłowiecka", "Przysuska", "Kozienicka",
    ),
    "industry": (
        "Przemysłowa", "Fabryczna", "Składowa", "Hutnicza", "Magazynowa", "Energetyków",
        "Inżynierska", "Metalowa",
    ),
}  # fmt: skip

SPARE: tuple[str, ...] = (
    "Spokojna", "Cicha", "Krótka", "Długa", "Graniczna", "Boczna", "Widokowa",
    "Zacisze", "Harcerska", "Strażacka", "Ogrodowa", "Parkowa", "Szkolna", "Nowa",
    "Zielona", "Krzywa", "Wąska", "Kwiatowa", "Piaskowa", "Leśna",
)  # fmt: skip


class StreetNames:
    """Hands out names, never one twice."""

    def __init__(self) -> None:
        self._left = {pool: list(names) for pool, names in POOLS.items()}
        self._spare = list(SPARE)

    def take(self, pool: str) -> str:
        """The next name of a pool, or a spare one; RuntimeError when the town has more streets than names."""
        names = self._left[pool] or self._spare
        if not names:
            raise RuntimeError("the plan has more streets than there are names")
        return names.pop(0)
