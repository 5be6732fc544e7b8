"""The 64 texts whose vectors tell one encoder from another, and one numerics from another.

They are our own, short and long, in several languages, with figures, tables, code and odd characters: what a corpus may
hold. Nothing here computes. A changed text is a changed reference: change none.
"""

from __future__ import annotations

PROBE_TEXTS: tuple[str, ...] = (
    "The sluice is opened at dawn and closed when the upper pond falls below the second mark.",
    "How many days may a part be kept in store before it must be inspected again?",
    "Pump 3 delivers 410 litres per minute at 6.5 bar; pump 4 is its spare.",
    "An invoice above 5,000 euros needs two signatures.",
    "Restart the service, wait ten seconds, then look at the log.",
    "The guarantee ends 24 months after delivery, or after 4,000 hours of work, whichever comes first.",
    "Who is told first when a gas alarm sounds at night?",
    "Wear gloves, goggles and closed shoes in the pickling bay.",
    "The committee met on 14 March and put the question off until May.",
    "x = a * b + c  # the offset is added last",
    "SELECT name, count(*) FROM orders GROUP BY name HAVING count(*) > 3;",
    "| valve | size | torque |\n| --- | --- | --- |\n| V2 | 40 mm | 22 Nm |",
    "Yes.",
    "42",
    "Travel by rail is booked in second class; a sleeping car counts as a night in a hotel.",
    "The old mill was burnt down in 1871 and built again in brick two years later.",
    "Turn the key to the left until it clicks, lift the cover, and take out the filter.",
    "Our server room is kept between 19 and 23 degrees.",
    "If the two readings differ by more than three per cent, both meters are sent in for calibration.",
    "No smoking, no open flame, no telephones.",
    "A holiday that falls on a Sunday is not made up for.",
    "The wire is red on the left, blue on the right, and bare in the middle.",
    "Dear colleagues, the canteen stays closed on Friday because the floor is being sealed.",
    "Version 2.4 no longer reads files that were written by version 1; convert them first.",
    "Why does the belt slip when it rains?",
    "The dog belongs to the night watchman and bites nobody.",
    "Milk, flour, eggs, a pinch of salt; let the dough rest for half an hour.",
    "Light travels about 300,000 kilometres in a second, sound only a third of one in air.",
    "The tenant pays for small repairs up to 110 euros in each case.",
    "ERR-0417: the spindle did not reach its position in time.",
    "She plays the cello in a quartet that meets on Tuesdays above the bakery.",
    "Das Wehr wird bei Hochwasser von Hand geöffnet, sobald der Pegel 2,40 m übersteigt.",
    "Wie lange gilt die Gewährleistung auf ausgetauschte Lager?",
    "Urlaub ist bis zum 31. März des Folgejahres zu nehmen, sonst verfällt er.",
    "Vor dem Öffnen der Haube ist die Maschine vom Netz zu trennen.",
    "Die Besprechung wurde auf Donnerstag verlegt, weil der Prüfer krank war.",
    "Rechnungen ohne Bestellnummer gehen an den Lieferanten zurück.",
    "Am Abend sitzt der Müller vor der Tür und zählt die Säcke.",
    "Quelle est la pression maximale admise dans la conduite principale ?",
    "Le technicien doit noter chaque intervention dans le carnet de la machine.",
    "Les frais de déplacement sont remboursés sur présentation des justificatifs.",
    "La roue tourne lentement en été, car la rivière est basse.",
    "En cas d'incendie, quittez le bâtiment par l'escalier le plus proche.",
    "¿Quién autoriza los turnos de noche durante las vacaciones?",
    "El filtro de aceite se cambia cada quinientas horas de trabajo.",
    "La reunión empezó tarde y terminó sin acuerdo.",
    "Il contratto può essere disdetto con un preavviso di tre mesi.",
    "La farina si conserva in un luogo fresco e asciutto.",
    "De sleutel van het magazijn hangt achter de deur van de portier.",
    "Hoeveel ton graan past er in de tweede silo?",
    "A chave da bomba fica no armário azul ao lado da escada.",
    "Oljan byts varje vår innan isen har gått.",
    "Klucz do magazynu wisi za drzwiami portierni.",
    "Ventilen må ikke åbnes, mens pumpen kører.",
    "Огонь в печи поддерживают всю ночь.",
    "春になると水車がまた回り始める。",
    "请在进入车间之前戴好安全帽。",
    "يُغلق المخزن في الساعة السادسة مساءً.",
    "Το νερό φτάνει στον μύλο από ένα στενό κανάλι.",
    "naïve café, façade, coöperation, 10 µm ± 0.5 µm, 37 °C, § 4 (2), ½ inch",
    "https://example.org/manual?page=7#section-2",
    "The handbook has four parts. The first says who does what and whom to ask. The second describes the "
    "machines, each with a drawing, its limits and its spare parts. The third holds the rules of safety, which "
    "everybody signs once a year. The fourth is a list of addresses that is out of date by the time it is "
    "printed, as everybody knows, and which is nevertheless the part that is opened most often, because the "
    "telephone numbers of the neighbours, the doctor and the fire brigade stand on its first page in large red "
    "figures.",
    "Step 1: shut the inlet. Step 2: wait until the wheel stands still. Step 3: set the brake. Step 4: hang the "
    "sign on the gate. Step 5: only now climb down. Step 6: clear the rack with the long rake and never with the "
    "hands. Step 7: count the tools before you leave. Step 8: take the sign down, release the brake, and open the"
    " inlet by a quarter. Step 9: watch the bearings for five minutes. Step 10: open the inlet fully and write "
    "the time into the book.",
    "oil oil oil oil wheel wheel stone stone",
)
