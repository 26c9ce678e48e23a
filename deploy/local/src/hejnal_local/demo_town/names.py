"""Names for the streets: the ones that half of Poland's towns share."""

_AFTER_PEOPLE = """Adama Mickiewicza|Juliusza Słowackiego|Henryka Sienkiewicza|Bolesława Prusa|Stefana Żeromskiego|
Marii Konopnickiej|
Elizy Orzeszkowej|Jana Kochanowskiego|Mikołaja Reja|Cypriana Norwida|Władysława Reymonta|Juliana Tuwima|
Fryderyka Chopina|
Stanisława Moniuszki|Jana Matejki|Mikołaja Kopernika|Marii Skłodowskiej-Curie|Tadeusza Kościuszki|Józefa Piłsudskiego|
Romualda Traugutta|Emilii Plater|Jana Kilińskiego|Stanisława Staszica|Hugona Kołłątaja|Jana III Sobieskiego|Kazimierza Wielkiego|
Władysława Łokietka|Zawiszy Czarnego|Królowej Jadwigi|Bolesława Chrobrego|Jana Pawła II|Kardynała Wyszyńskiego|Jana Długosza|
Ignacego Paderewskiego|Wojciecha Kossaka|Stanisława Wyspiańskiego|Aleksandra Fredry|Gabrieli Zapolskiej|Marii Dąbrowskiej"""
_AFTER_THINGS = """Lipowa|Klonowa|Dębowa|Brzozowa|Jesionowa|Akacjowa|Kasztanowa|Topolowa|Wierzbowa|Sosnowa|Świerkowa|Jodłowa|
Modrzewiowa|Jarzębinowa|Kalinowa|Malinowa|Jagodowa|Wiśniowa|Czereśniowa|Jabłoniowa|Śliwkowa|Orzechowa|Różana|Konwaliowa|
Fiołkowa|Tulipanowa|Makowa|Chabrowa|Rumiankowa|Wrzosowa|Polna|Łąkowa|Ogrodowa|Sadowa|Zielona|Słoneczna|Tęczowa|Pogodna|
Spokojna|Cicha|Wesoła|Jasna|Miła|Krótka|Długa|Wąska|Prosta|Kręta|Boczna|Graniczna|Szkolna|Kościelna|Cmentarna|Parkowa|
Sportowa|Stadionowa|Targowa|Rzemieślnicza|Garbarska|Piekarska|Kowalska|Krawiecka|Szewska|Młyńska|Wodna|Rybacka|Źródlana|
Górna|Dolna|Wschodnia|Zachodnia|Południowa|Starowiejska|Nowa|Robotnicza|Hutnicza|Fabryczna|Składowa|Magazynowa|Energetyków|
Budowlanych|Górników|Kolejarzy|Strażacka|Harcerska|Młodzieżowa|Partyzantów|Obrońców Westerplatte|Powstańców Śląskich|
Bohaterów Getta|Batalionów Chłopskich|Konstytucji 3 Maja|11 Listopada|Wolności|Niepodległości|Zwycięstwa|Jedności|Zgody|
Przyjaźni|Sąsiedzka|Rodzinna|Wspólna|Osiedlowa|Zamkowa|Basztowa|Podwale|Rycerska|Królewska|Książęca|Hetmańska|Ułańska|
Husarska|Skalna|Kamienna|Piaskowa|Gliniana|Żwirowa|Wapienna|Borowa|Myśliwska|Sarnia|Zajęcza|Bobrowa|Bociania|Skowronków|
Słowicza|Jaskółcza|Krucza|Sokola|Orla|Gołębia|Bażantowa|Kukułcza|Poziomkowa|Borówkowa|Grzybowa|Paprociowa|Mchowa"""


def _split(text: str) -> list[str]:
    return [name.strip() for name in text.replace("\n", "").split("|")]


AFTER_THINGS = _split(_AFTER_THINGS)
AFTER_PEOPLE = _split(_AFTER_PEOPLE)
