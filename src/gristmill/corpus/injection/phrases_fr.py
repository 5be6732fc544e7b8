"""French phrases that speak to a model instead of a reader.

Patterns see folded text: no accents, straight apostrophes.
"""

from __future__ import annotations

from gristmill.corpus.injection.rules import Rule

_GAP = r"[^.!?\n]{0,40}?"
_SHORT = r"[^.!?\n]{0,25}?"
_MACHINE = r"(?:ia|intelligence artificielle|llm|modele de lang(?:age|ue)|chatbot|chatgpt|gpt|copilot)"
_ORDERS = r"(?:instruction|consigne|directive|regle|ordre|restriction|invite|prompt)s?"

RULES: tuple[Rule, ...] = (
    Rule(
        "override-instructions-fr",
        "override",
        0.65,
        ("instruction", "consigne", "directive", "regle", "ordre", "restriction", "prompt"),
        r"\b(?:ignore[rz]?|oublie[rz]?|neglige[rz]?|contourne[rz]?|(?:ne )?(?:tiens|tenez) pas compte|"
        r"faite?s abstraction)\b"
        rf"{_SHORT}\b(?:(?:toutes |tous )?(?:tes|vos) {_ORDERS}\b(?! (?:a|au|de|du|dans|sur|pour)\b)|{_ORDERS}{_SHORT}"
        r"\b(?:precedente?s?|anterieure?s?|ci-dessus|initiale?s?|du systeme|systeme|recue?s)\b"
        r"(?! (?:a|au|de|du|dans|sur|pour)\b))",
        "demande d'oublier les consignes précédentes (tells the reader to drop earlier instructions).",
    ),
    Rule(
        "override-told-fr",
        "override",
        0.65,
        ("tout ce",),
        rf"\b(?:ignore[rz]?|oublie[rz]?) tout ce (?:que|qui)\b{_SHORT}\b(?:dit|appris|precede|avant|demande|ordonne)",
        "demande d'oublier tout ce qui précède (tells the reader to forget everything before).",
    ),
    Rule(
        "persona-fr",
        "persona",
        0.6,
        (
            "tu es",
            "vous etes",
            "fais comme",
            "faites comme",
            "fais semblant",
            "faites semblant",
            "desormais",
            "a partir de maintenant",
            "reponds",
            "repondez",
        ),
        r"\b(?:tu es|vous etes|faite?s (?:comme|semblant)|desormais|a partir de maintenant|repond(?:s|ez))\b"
        rf"{_GAP}\b(?:mode developpeur|sans (?:aucune? )?(?:restrictions?|filtres?|limites?|regles?|censure)|"
        rf"aucune? (?:restriction|filtre|limite|regle)|n'(?:as|avez) (?:plus )?(?:aucune?|de) (?:regle|"
        rf"restriction|limite)|{_MACHINE}\b)",
        "donne à un modèle un rôle sans règles (assigns a model a role without rules).",
    ),
    Rule(
        "addressed-to-ai-fr",
        "address",
        0.6,
        ("ia", "intelligence artificielle", "llm", "modele de lang", "bot", "gpt", "copilot"),
        r"\b(?:notes?|messages?|avis|instructions?|attention|important|rappel)\b ?:?[ (]{1,2}"
        rf"(?:a |pour |destinee? a |aux )?(?:l'|la |les |tout |toute |tous les |"
        rf"toutes les )?\s?(?:assistante?s? )?{_MACHINE}s?\b",
        "s'adresse à une IA, pas à une personne (is addressed to an AI).",
        also=(
            (" note", " message", " avis ", " instruction", " attention ", " important ", " rappel "),
            ("ia ", "ias ", " artificielle", "llm", "modele", "bot", "gpt", "copilot"),
        ),
    ),
    Rule(
        "if-you-are-ai-fr",
        "address",
        0.65,
        ("si tu es", "si vous etes", "en tant qu"),
        rf"\b(?:si (?:tu es|vous etes)|en tant qu[e'] ?)\s?(?:une? )?(?:\w{{1,12}} )?(?:{_MACHINE}|"
        rf"assistant (?:virtuel|ia))\b",
        "distingue les lecteurs IA des humains (singles out AI readers).",
    ),
    Rule(
        "system-note-fr",
        "address",
        0.45,
        ("systeme",),
        r"\b(?:note|message|instruction|consigne) (?:du )?systeme\b\s{0,2}:",
        "se présente comme un message du système (poses as a system message).",
    ),
    Rule(
        "shape-the-answer-fr",
        "reply",
        0.45,
        ("reponse", "resume"),
        r"\b(?:ajoute[rz]?|ajoutee?s?|inclu(?:s|re|ez|se?)|insere[rz]?|mentionne[rz]?|commence[rz]?|termine[rz]?)\b"
        r"[^.!?\n]{0,80}?\b(?:tes|ta|ton|vos|votre|toute|toutes les|chaque) (?:\w{1,12} )?(?:reponse|resume)s?\b",
        "dit ce qu'une réponse doit contenir (says what an answer must contain).",
    ),
    Rule(
        "reveal-fr",
        "reveal",
        0.65,
        ("prompt", "instruction", "consigne", "invite", "message"),
        r"\b(?:revele[rz]?|montre[rz]?|affiche[rz]?|donne[rz]?|divulgue[rz]?|repete[rz]?|ecri(?:s|vez)|"
        r"imprime[rz]?)(?:-moi)?\b"
        rf"{_GAP}\b(?:(?:prompt|invite|message|instructions|consignes) (?:du |de )?systeme|(?:prompt|"
        rf"instructions) (?:cache|secret|interne|initial)"
        r"\w{0,3}|(?:tes|vos) (?:instructions|consignes|regles)|(?:ton|votre) prompt)\b",
        "demande les consignes de l'assistant lui-même (asks for the assistant's own instructions).",
        also=((" revele", " montre", " affiche", " donne", " divulgue", " repete", " ecri", " imprime"),),
    ),
    Rule(
        "reveal-data-fr",
        "reveal",
        0.35,
        ("mot de passe", "mots de passe", "salaire", "donnees", "identifiants", "confidentiel", "cle"),
        rf"\b(?:revele[rz]?|montre[rz]?-moi|donne[rz]?-moi|divulgue[rz]?|rassemble[rz]?|collecte[rz]?|envoie|"
        rf"envoyez|transmets|transmettez)\b"
        rf"{_GAP}\b(?:mots? de passe|salaires?|donnees (?:des )?(?:clients?|personnelles|privees|"
        rf"confidentielles)|identifiants|cles? (?:d')?api|"
        r"documents confidentiels)\b",
        "demande des secrets ou les données d'autrui (asks for secrets or other people's data).",
    ),
    Rule(
        "send-data-out-fr",
        "exfiltration",
        0.5,
        ("http", "@", "extern"),
        rf"\b(?:envoie|envoyez|envoyer|transmets|transmettez|expedie[rz]?)\b{_GAP}(?:\b(?:donnees|liste|"
        rf"mots? de passe|cles?|"
        r"contenu|documents?|historique|resume|reponse)\b|(?<=-)les\b)"
        r"[^!?\n]{0,30}?\ba\b[^!?\n]{0,30}?(?:https?://|[\w.+-]{1,40}@[\w-]{1,40}|\bextern)",
        "demande d'envoyer du contenu à l'extérieur (asks to send content to an outside address).",
        also=((" envoie ", " envoye", " transmet", " expedie"),),
    ),
    Rule(
        "conceal-fr",
        "conceal",
        0.45,
        ("utilisateur",),
        r"\bne (?:dis|dites|mentionne[rz]?|revele[rz]?|montre[rz]?|previens|prevenez|informe[rz]?)\b[^.!?\n]{0,25}?"
        r"\b(?:pas|rien|jamais)\b[^.!?\n]{0,25}?\b(?:a |l')?(?:l')?utilisateurs?\b",
        "demande de cacher quelque chose à la personne qui interroge (asks to keep something from the user).",
    ),
)
