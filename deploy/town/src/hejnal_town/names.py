"""Street names as Polish towns have them, in pools; each is used once."""

POOLS: dict[str, tuple[str, ...]] = {
    "people": (
        "ulica Adama Mickiewicza", "ulica Juliusza Słowackiego", "ulica Fryderyka Chopina", "ulica Henryka Sienkiewicza",
        "ulica Bolesława Prusa", "ulica Elizy Orzeszkowej", "ulica Mikołaja Kopernika", "ulica Marii Skłodowskiej-Curie",
        "ulica Stefana Żeromskiego", "ulica Jana Kochanowskiego", "ulica Stanisława Moniuszki", "ulica Wisławy Szymborskiej",
        "ulica Jana Matejki", "ulica Tadeusza Kościuszki", "ulica Józefa Piłsudskiego", "ulica Marii Konopnickiej",
    ),
    "crafts": (
        "ulica Młyńska", "ulica Garbarska", "ulica Browarna", "ulica Wodna", "ulica Flisacka", "ulica Tkacka",
        "ulica Kowalska",
        "ulica Targowa", "ulica Przewozowa", "ulica Nadbrzeżna", "ulica Piwna", "ulica Stolarska",
    ),
    "history": (
        "ulica Bolesława Chrobrego", "ulica Mieszka I", "ulica Kazimierza Wielkiego", "ulica Królowej Jadwigi",
        "ulica Władysława Łokietka", "ulica 3 Maja", "ulica 11 Listopada", "ulica Armii Krajowej",
        "ulica Batalionów Chłopskich",
        "ulica Solidarności", "ulica Zygmunta Starego", "ulica Jana III Sobieskiego",
    ),
    "trees": (
        "ulica Lipowa", "ulica Dębowa", "ulica Brzozowa", "ulica Klonowa", "ulica Jesionowa", "ulica Akacjowa",
        "ulica Kasztanowa",
        "ulica Jarzębinowa", "ulica Sosnowa", "ulica Świerkowa", "ulica Wierzbowa", "ulica Bukowa", "ulica Grabowa",
        "ulica Topolowa", "ulica Modrzewiowa", "ulica Olchowa", "ulica Cisowa", "ulica Jaworowa", "ulica Leszczynowa",
        "ulica Orzechowa", "ulica Wiązowa", "ulica Jodłowa",
    ),
    "birds": (
        "ulica Skowronkowa", "ulica Słowicza", "ulica Jaskółcza", "ulica Sokola", "ulica Orla", "ulica Żurawia",
        "ulica Bociania",
        "ulica Krucza", "ulica Sikorkowa", "ulica Gołębia", "ulica Czajki", "ulica Dzięciołowa", "ulica Kukułcza",
        "ulica Pawia",
        "ulica Wilgi", "ulica Jastrzębia", "ulica Drozdowa", "ulica Zięby",
    ),
    "flowers": (
        "ulica Różana", "ulica Fiołkowa", "ulica Konwaliowa", "ulica Liliowa", "ulica Tulipanowa", "ulica Malwowa",
        "ulica Wrzosowa", "ulica Nagietkowa", "ulica Chabrowa", "ulica Makowa", "ulica Bratkowa", "ulica Jaśminowa",
        "ulica Krokusowa", "ulica Storczykowa", "ulica Piwoniowa", "ulica Stokrotki",
    ),
    "fields": (
        "ulica Polna", "ulica Łąkowa", "ulica Zbożowa", "ulica Pszenna", "ulica Żytnia", "ulica Sadowa", "ulica Wiśniowa",
        "ulica Jabłoniowa", "ulica Gruszowa", "ulica Śliwkowa", "ulica Malinowa", "ulica Poziomkowa", "ulica Rolna",
        "ulica Chmielna", "ulica Miodowa", "ulica Pogodna", "ulica Słoneczna", "ulica Wiosenna",
    ),
    "places": (
        "ulica Opatowska", "ulica Iłżecka", "ulica Starachowicka", "ulica Ostrowiecka", "ulica Zwoleńska", "ulica Lipska",
        "ulica Solecka", "ulica Tarnobrzeska", "ulica Staszowska", "ulica Skaryszewska", "ulica Kazanowska", "ulica Puławska",
        "ulica Dęblińska", "ulica Szydłowiecka", "ulica Przysuska", "ulica Kozienicka",
    ),
    "industry": (
        "ulica Przemysłowa", "ulica Fabryczna", "ulica Składowa", "ulica Hutnicza", "ulica Magazynowa", "ulica Energetyków",
        "ulica Inżynierska", "ulica Metalowa",
    ),
}  # fmt: skip

SPARE: tuple[str, ...] = (
    "ulica Spokojna", "ulica Cicha", "ulica Krótka", "ulica Długa", "ulica Graniczna", "ulica Boczna", "ulica Widokowa",
    "ulica Zacisze", "ulica Harcerska", "ulica Strażacka", "ulica Ogrodowa", "ulica Parkowa", "ulica Szkolna", "ulica Nowa",
    "ulica Zielona", "ulica Krzywa", "ulica Wąska", "ulica Kwiatowa", "ulica Piaskowa", "ulica Leśna",
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
