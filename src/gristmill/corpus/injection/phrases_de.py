"""German phrases that speak to a model instead of a reader.

Patterns see folded text, so "ü" is "u"; the spelling "ue" is allowed for.
"""

from __future__ import annotations

from gristmill.corpus.injection.rules import Rule

_GAP = r"[^.!?\n]{0,40}?"
_SHORT = r"[^.!?\n]{0,25}?"
_MACHINE = r"(?:ki|ai|llm|sprachmodelle?n?|chat-?bots?|chatgpt|gpt|copilot)"
_EARLIER = r"(?:vorherig|bisherig|vorangegangen|vorangehend|vorig|obig|fru?e?her|ursprunglich|urspruenglich)"
_ORDERS = r"(?:anweisung|instruktion|befehl|regel|vorgabe|richtlinie|prompt|system-?prompt|beschrankung|einschrankung)"

RULES: tuple[Rule, ...] = (
    Rule(
        "override-instructions-de",
        "override",
        0.65,
        ("anweisung", "instruktion", "befehl", "regel", "vorgabe", "richtlinie", "prompt", "schrankung"),
        rf"\b(?:ignorier|missacht|vergiss|vergessen sie|ubergeh|uebergeh|verwirf|umgeh)\w{{0,3}}\b{_SHORT}"
        rf"\b(?:{_EARLIER}\w{{0,3}}|deine\w?|eure\w?)\b{_SHORT}\b{_ORDERS}\w{{0,3}}\b"
        r"(?! (?:auf|in|im|aus|fur|zu|zum|zur|von|vom|der|des)\b)",
        "fordert auf, eigene oder frühere Anweisungen zu missachten (tells the reader to drop earlier instructions).",
    ),
    Rule(
        "override-told-de",
        "override",
        0.65,
        ("alles",),
        rf"\b(?:ignorier|vergiss|vergessen sie)\w{{0,3}} alles\b{_SHORT}\b(?:gesagt|bisher|vorher|davor|zuvor|"
        rf"oben|gelernt)",
        "fordert auf, alles Bisherige zu vergessen (tells the reader to forget everything before).",
    ),
    Rule(
        "persona-de",
        "persona",
        0.6,
        ("du bist", "sie sind", "tu so", "ab jetzt", "ab sofort", "von nun an", "antworte"),
        rf"\b(?:du bist|sie sind|tu(?:e|n sie)? so|ab (?:jetzt|sofort)|von nun an|antworten?)\b{_GAP}"
        r"\b(?:entwicklermodus|dan\b|ohne (?:jede[nr]? |jegliche[nr]? )?(?:regeln|filter|einschrankung|"
        r"beschrankung|grenzen)|"
        rf"keine (?:regeln|einschrankungen|beschrankungen|filter|grenzen|vorgaben)|uneingeschrankte|unzensiert|"
        rf"{_MACHINE})",
        "weist einem Modell eine neue Rolle ohne Regeln zu (assigns a model a role without rules).",
    ),
    Rule(
        "addressed-to-ai-de",
        "address",
        0.6,
        ("ki", "ai", "llm", "sprachmodell", "bot", "gpt", "copilot"),
        rf"\b(?:hinweis|nachricht|anweisung|mitteilung|achtung|wichtig|notiz|info)e?n?\b:?[ (]{{1,2}}(?:an|fur|"
        rf"fuer)?\s?"
        rf"(?:die |den |das |alle |jede |jedes |unsere )?{_MACHINE}\b",
        "richtet sich an eine KI, nicht an Menschen (is addressed to an AI).",
        also=(
            (" hinweis", " nachricht", " anweisung", " mitteilung", " achtung", " wichtig", " notiz", " info"),
            ("ki ", "ai ", "llm", "sprachmodell", "bot ", "bots ", "gpt", "copilot"),
        ),
    ),
    Rule(
        "if-you-are-ai-de",
        "address",
        0.65,
        ("wenn du", "falls du", "wenn sie ein", "falls sie ein", "als ki", "als sprachmodell"),
        rf"\b(?:wenn|falls) (?:du|sie) (?:eine? )?(?:\w{{1,12}} )?(?:{_MACHINE}|assistent)\b",
        "unterscheidet KI-Leser von Menschen (singles out AI readers).",
    ),
    Rule(
        "system-note-de",
        "address",
        0.45,
        ("systemhinweis", "systemnachricht", "systemanweisung", "system-hinweis", "system-anweisung"),
        r"\bsystem-?(?:hinweis|nachricht|anweisung)\b\s{0,2}:",
        "gibt sich als Hinweis des Systems aus (poses as a system message).",
    ),
    Rule(
        "shape-the-answer-de",
        "reply",
        0.45,
        ("antwort", "zusammenfassung"),
        r"\b(?:jede[rn]?|deine[rn]?|alle[rn]?|kunftigen|kuenftigen) (?:\w{1,12} )?(?:antwort|zusammenfassung)(?:en)?\b"
        r"[^.!?\n]{0,80}?\b(?:anhang|angehang|anfug|angefug|hinzufug|hinzugefug|einfug|eingefug|enthalten|"
        r"erwahn|beginn|end)"
        r"|\b(?:fuge?|hange?|nimm|schreibe?|erwahne|beginne|beende)\b[^.!?\n]{0,80}?"
        r"\b(?:deiner?|jeder|jede|allen) (?:\w{1,12} )?(?:antwort|zusammenfassung)",
        "schreibt vor, was eine Antwort enthalten muss (says what an answer must contain).",
    ),
    Rule(
        "reveal-de",
        "reveal",
        0.65,
        ("prompt", "anweisung", "instruktion", "richtlinie"),
        r"\b(?:zeige?|nenne?|gib|verrate?|offenbare?|drucke?|liste|wiederhole?|schreibe?|teile?)\b"
        rf"{_GAP}\b(?:system-?\s?prompt|system-?anweisung|(?:deine?n?|interne?n?|geheime?n?|versteckte?n?) "
        r"(?:system-?)?(?:prompt|anweisung|instruktion|richtlinie))",
        "fragt nach den Anweisungen des Assistenten selbst (asks for the assistant's own instructions).",
    ),
    Rule(
        "reveal-data-de",
        "reveal",
        0.35,
        (
            "passwort",
            "gehalt",
            "gehalter",
            "gehaelter",
            "kundendaten",
            "kundenliste",
            "zugangsdaten",
            "schlussel",
            "vertraulich",
        ),
        r"\b(?:zeige? mir|nenne? mir|gib (?:mir )?|verrate?|offenbare?|sammle|sende?|schicke?|leite)\b"
        rf"{_GAP}\b(?:passwort|passworter|gehalt|gehalter|gehaelter|kundendaten|kundenliste|zugangsdaten|"
        r"(?:api-?)schlussel|vertrauliche\w{0,2} (?:daten|dokument|unterlagen))",
        "verlangt Geheimnisse oder Daten anderer (asks for secrets or other people's data).",
    ),
    Rule(
        "send-data-out-de",
        "exfiltration",
        0.5,
        ("http", "@", "extern"),
        rf"\b(?:sende?|schicke?|leite|ubermittle|uebermittle|maile?)\b{_GAP}\b(?:daten|liste|passwort|"
        rf"passworter|schlussel|"
        r"inhalt|inhalte|unterlagen|verlauf|sie|zusammenfassung)\b"
        r"[^!?\n]{0,30}?\ban\b[^!?\n]{0,30}?(?:https?://|[\w.+-]{1,40}@[\w-]{1,40}|\bextern)",
        "verlangt, Inhalte nach außen zu senden (asks to send content to an outside address).",
        also=((" send", " schick", " leite ", " ubermittle ", " uebermittle ", " mail"), (" an ",)),
    ),
    Rule(
        "conceal-de",
        "conceal",
        0.45,
        ("benutzer", "nutzer", "anwender"),
        r"\b(?:sag|erwahne|verrate|teile|informiere|zeige)\w{0,3}\b[^.!?\n]{0,25}?\b(?:dem|den|der|gegenuber dem) "
        r"(?:be)?nutzer\w{0,2}\b[^.!?\n]{0,20}?\b(?:nichts|nicht)\b",
        "verlangt, der fragenden Person etwas zu verschweigen (asks to keep something from the user).",
    ),
)
