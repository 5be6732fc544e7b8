"""Lines of ordinary technical documents in which nothing is personal."""

from __future__ import annotations

import pytest

from gristmill.corpus.privacy import find_personal_data

ENGLISH = """\
# Service bulletin SB-2021-07
Issue 3, 12 February 2025
Supersedes SB-2019-11, issue 2, dated 3 March 2019.
The Heron 40 and Heron 75 are crossflow turbines rated 40 kW and 75 kW.
Fit the Otter 25 screw before the Kestrel 12 runner.
Sluicegate S3 automatic weir with hydraulic drive, stroke 450 mm, 2.5 kN.
Part no. 104-2287-03, drawing D-4410-118 rev C, torque 45 Nm.
Replace the bearing 6205-2RS1/C3 every 8,000 hours or 24 months.
GovernorBox 2 firmware 2.14.3.1 requires bootloader 1.0.12.4.
Section 4.2.1.3 describes the trash-rack cleaner RakeMaster.
Price list 2025/26: Quern 600 EUR 18,450.00; Quern 900 EUR 27,900.00.
Order number 4500123456, delivery note 80012345, batch 20250212-004.
ISO 9001:2015, EN 60034-1, DIN 931 M12 x 80, IEC 61800-5-1.
The flow is 1 250 000 m3 per year at a head of 3.45 m.
Measured between 2019-04-01 and 2024-03-31 at 15:30:00.
Coordinates 54.0783, -2.2772, elevation 215 m.
Serial 0451-123456 was built in week 23 of 2018.
Copyright 1926-2025 Aldersluice Works Ltd. All rights reserved.
Use Python 3.11, Java 21 or Ruby 3.3; Jenkins runs the Docker build.
The Kafka broker writes to Delta tables and the Spark job reads them.
Connect to 127.0.0.1:8080 or to localhost.
Set password: required for administrators, minimum 12 characters.
The password is stored as a hash and is never written to the log.
password = <your-password>
export API_TOKEN=${SECRET_TOKEN}
token: your-token-goes-here-please
Each access token expires after 3600 seconds.
api_key: settings.generator_api_key_reference
SHA-256 53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
Commit 9d83c81e3f, build 20250212.1, image sha256:ab12cd34ef56.
UUID 123e4567-e89b-12d3-a456-426614174000
Mark the position, then drill. Grant access to the Service group.
Will the pump restart? May we lift the gate? Bill of materials attached.
The Francis turbine and the Pelton wheel differ in head and speed.
A Phillips screwdriver, an Allen key and a Stanley knife are needed.
Ohm's law, Bernoulli's principle and the Reynolds number apply.
3 Phase Drive: see page 14. Use a 4 Way valve and a 2 Square frame.
Torque the M8 bolts (Table 4, Row 12) in the order of Figure 7.
Summer Time begins on the last Sunday in March.
Victoria Station, Lake Geneva, New York, San Francisco and Sierra Leone.
Plummer block cap, hydraulic oil ISO VG 46.
A. Frame  B. Winter  C. Check  E. Service
Annual Report 2023/24, Chapter 5: Health and Safety
Dear customer, thank you for your order of 14 April.
Mean time between failures: 12 500 h; duty cycle S1; IP65; class F.
MAC address 00:1A:2B:3C:4D:5E, COM port 3, baud rate 115200.
The tolerance is +/- 0.05 mm, 20 +0.021 -0.000.
Time 10:15:30:25, ratio 1:2:4:8:16.
""".splitlines()

GERMAN = """\
Betriebsanleitung Wasserkraftanlage, Ausgabe 3, 12. Februar 2025
Die Drehzahl beträgt 1 500 min-1, die Leistung 75 kW.
Vor dem Öffnen des Gehäuses ist die Anlage spannungsfrei zu schalten.
Ersatzteil Nr. 104-2287-03, Zeichnung D-4410-118, Anzugsmoment 45 Nm.
Siehe Abschnitt 4.2.1, Tabelle 7, Bild 12.
Der Wert im Register 40001 wird alle 100 ms gelesen.
Im Winter ist der Rechen täglich zu prüfen. Dank der Heizung friert er nicht ein.
Das Passwort muss mindestens 12 Zeichen lang sein.
Betriebsvereinbarung vom 1. April 2024 zwischen Werksleitung und Betriebsrat
Kleine Mühle, großes Rad: Ernst der Lage, Kosten und Nutzen
Rufen Sie im Notfall den Notruf 112.
Am Bedienplatz 81 dB(A) gemessen; Stellweg 12 mm, O-Ring 40 x 3.
3 Einsätze, davon 14 am Wehr Hinterau wegen Treibholz. Der Rechen war frei.
C. Graisse, E. Wartung und B. Winterbetrieb
Nach 2000 Betriebsstunden Öl wechseln (ISO VG 46, 12,5 Liter).
""".splitlines()

FRENCH = """\
Notice d'exploitation, édition 3, 12 février 2025
La puissance nominale est de 40 kW sous une chute de 12 m.
Pièce n° 104-2287-03, plan D-4410-118, couple 45 Nm.
Avant toute intervention, couper l'alimentation électrique.
Voir le paragraphe 4.2.1 et le tableau 7.
Le mot de passe doit comporter au moins 12 caractères.
Prix 2025 : 18 450,00 EUR hors taxes, délai de 12 semaines.
En place de la vanne, monter le clapet (8 pièces).
""".splitlines()


@pytest.mark.parametrize("line", ENGLISH)
def test_english_technical_lines_hold_nothing_personal(line: str) -> None:
    assert find_personal_data(line) == []


@pytest.mark.parametrize("line", GERMAN)
def test_german_technical_lines_hold_nothing_personal(line: str) -> None:
    assert find_personal_data(line, "de") == []


@pytest.mark.parametrize("line", FRENCH)
def test_french_technical_lines_hold_nothing_personal(line: str) -> None:
    assert find_personal_data(line, "fr") == []


def test_the_lines_hold_nothing_personal_as_one_document() -> None:
    assert find_personal_data("\n".join(ENGLISH)) == []
