"""English phrases that speak to a model instead of a reader.

Patterns see folded text: lower case, no accents, straight quotes. A gap never crosses a sentence.
"""

from __future__ import annotations

from gristmill.corpus.injection.rules import Rule

_GAP = r"[^.!?\n]{0,40}?"
_SHORT = r"[^.!?\n]{0,25}?"
_DROP = (
    r"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|overrid(?:e|ing)|bypass(?:ing)?|discard|abandon|set aside|"
    r"pay no attention to|(?:do not|don't|stop) (?:follow(?:ing)?|obey(?:ing)?|adher(?:e|ing) to))\b"
)
_ORDERS = (
    r"(?:instruction|prompt|directive|guideline|guardrail|command|constraint|restriction|polic(?:y|ie)|"
    r"programming|training|rule|safety (?:filter|measure|check))s?\b"
)
_EARLIER = r"\b(?:previous|prior|earlier|preceding|above|former|foregoing|initial|original|existing)\b"
_YOURS = r"\b(?:your|system|developer|operator(?:'s)?|moderation|safety|the model's|the assistant's)\b"
# "the previous instructions on page 4" speaks of the document, not of a conversation.
_NOT_A_PLACE = r"(?! (?:on|in|from|for|about|regarding|concerning|of|that (?:came|shipped)|shown|printed|given)\b)"
_MACHINE = r"(?:a\.?i\.?|llm|large language model|language model|chat ?bot|gpt(?:-?\d)?|chatgpt|claude|copilot|gemini)"
_ROLE = r"(?:assistant|bot|agent|model|system|reviewer|reader|tool|summari[sz]er)s?"
_TASK = r"(?:summar(?:y|ies|i[sz]e|i[sz]ing)|repl(?:y|ies)|respon(?:se|ses|d)|answers?|outputs?)"
_GUARDED = (
    r"(?:passwords?|credentials?|api keys?|secrets?|private keys?|access tokens?|salar(?:y|ies)|payroll|"
    r"(?:customer|client|user|personal|private|confidential|internal|sensitive) "
    r"(?:data(?:base)?|lists?|records?|emails?|e-mails?|information|documents?|files?|pages?|notes?)|"
    r"(?:chat|conversation) (?:history|log)|conversation|other documents)\b"
)

# For `also`: see `triggers`.
_DROP_WORDS = (
    " ignor",
    " disregard",
    " forget ",
    " overrid",
    " bypass",
    " discard ",
    " abandon ",
    " aside ",
    " attention ",
    " follow",
    " obey",
    " adher",
)
_EARLIER_WORDS = (
    " previous ",
    " prior ",
    " earlier ",
    " preceding ",
    " above ",
    " former ",
    " foregoing ",
    " initial ",
    " original ",
    " existing ",
    " your ",
    " system ",
    " developer ",
    " operator",
    " moderation ",
    " safety ",
    " model ",
    " assistant ",
)
_MACHINE_WORDS = ("ai ", "a.i", "llm", "language", "bot ", "gpt", "claude", "copilot", "gemini")
_INTRODUCING_WORDS = (
    " note", " notice", " message", " attention", " important", " instruction", " reminder", " dear ", " hey ",
    " hello ", " postinstall ",
)  # fmt: skip

RULES: tuple[Rule, ...] = (
    Rule(
        "override-instructions",
        "override",
        0.7,
        ("instruction", "prompt", "directive", "guideline", "guardrail", "command", "polic", "rule", "restriction"),
        rf"{_DROP}{_SHORT}(?:\b(?:all|any|every)\b{_SHORT}{_EARLIER}|{_YOURS}){_SHORT}\b{_ORDERS}{_NOT_A_PLACE}",
        "tells the reader to drop its own or all earlier instructions. People are not told this; models are.",
        also=(_DROP_WORDS, _EARLIER_WORDS),
    ),
    Rule(
        "override-earlier",
        "override",
        0.5,
        ("instruction", "prompt", "directive", "guideline", "command", "rule"),
        rf"{_DROP}{_SHORT}{_EARLIER} (?:\w{{1,12}} )?{_ORDERS}{_NOT_A_PLACE}",
        "tells the reader to drop earlier instructions.",
        also=(_DROP_WORDS, _EARLIER_WORDS),
    ),
    Rule(
        "override-told",
        "override",
        0.65,
        ("everything", "anything", "all"),
        rf"{_DROP} (?:everything|anything|all)\b{_SHORT}\b"
        r"(?:above|before (?:this|that)|you (?:were|have been|'ve been) (?:told|instructed|taught|given)|"
        r"said (?:so far|before|previously)|prior|previous)\b",
        "tells the reader to forget everything it was told before.",
        also=(_DROP_WORDS, ("above", "before", "told", "instructed", "taught", "given", " said", "prior", "previous")),
    ),
    Rule(
        "no-restrictions",
        "persona",
        0.65,
        ("you ", "you'"),
        r"\b(?:you (?:now )?(?:have|operate|answer|respond|are|must|will|can)|you're)\b"
        rf"{_SHORT}\b(?:no|without|free (?:of|from)|not bound by|unrestricted|uncensored|unfiltered|"
        rf"jailbroken)\b{_SHORT}"
        r"\b(?:restrictions?|rules|filters?|limits|limitations|guardrails|censorship|guidelines|polic(?:y|"
        r"ies)|a\.?i\.?|"
        r"assistant|model|mode)\b",
        "claims that the reader has no rules or restrictions any more.",
        also=(
            (" no ", "without", "free ", "bound", "unrestricted", "uncensored", "unfiltered", "jailbroken"),
            (
                "restriction",
                "rules",
                "filter",
                "limit",
                "guardrail",
                "censorship",
                "guideline",
                "polic",
                "assistant",
                "model ",
                "mode ",
                *_MACHINE_WORDS,
            ),
        ),
    ),
    Rule(
        "new-persona",
        "persona",
        0.6,
        ("you are", "you're", "act as", "pretend", "roleplay", "role-play", "simulate"),
        r"\b(?:you(?: are|'re) (?:now|no longer)|(?:act|behave|respond) as(?: if)?|pretend|role-?play|simulate)\b"
        rf"{_SHORT}\b(?:dan\b|developer mode|god mode|debug mode|admin(?:istrator)? mode|jailbreak|{_MACHINE}\b|"
        rf"(?:evil|unrestricted|uncensored|unfiltered|rogue)\b|(?:no|without(?: any)?) (?:rules|restrictions|"
        rf"filters?|limits))",
        "assigns a model a new role, which is a way to make it drop its rules.",
        also=(
            (" now ", " longer ", " act ", " behave ", " respond ", " pretend ", " role", " simulate "),
            (
                " dan ",
                "jailbreak",
                " mode ",
                " evil ",
                "unrestricted",
                "uncensored",
                "unfiltered",
                "rogue",
                "rules",
                "restriction",
                "filter",
                "limits",
                *_MACHINE_WORDS,
            ),
        ),
    ),
    Rule(
        "from-now-on",
        "persona",
        0.45,
        ("from now on", "from this point", "henceforth", "for the rest of"),
        r"\b(?:from (?:now|this point) (?:on|forward)|henceforth|for the rest of (?:this|the) (?:chat|"
        r"conversation|session))"
        rf",? {_SHORT}\byou (?:must|will|shall|should|are|have|can|only|always|never|answer|respond|reply|obey|"
        rf"follow)\b",
        "sets a standing order for a conversation.",
        also=((" now ", " point ", " henceforth ", " rest "), (" you ",)),
    ),
    Rule(
        "addressed-to-ai",
        "address",
        0.6,
        ("ai", "a.i", "llm", "language model", "bot", "gpt", "claude", "copilot", "gemini"),
        rf"\b(?:notes?|notice|messages?|attention|important|instructions?|reminders?|dear|hey|hello|postinstall)\b:?"
        rf"[ (]{{1,2}}(?:to|for|from)?\s?(?:the |any |all |every |each |our |your )?(?:\w{{1,12}} )?{_MACHINE}\b"
        rf"(?: {_ROLE})?",
        "is addressed to an AI, not to a person.",
        also=(_INTRODUCING_WORDS, _MACHINE_WORDS),
    ),
    Rule(
        "addressed-to-assistant",
        "address",
        0.4,
        ("assistant", "agent", " bot", "model", "summari"),
        r"\b(?:notes?|notice|messages?|attention|important|instructions?|reminders?)(?: to| for|:)"
        r" (?:the |any |all |every |each )?(?:\w{1,12} )?(?:assistant|agent|bot|model|summari[sz]er)s?\b"
        rf"(?=[^\n]{{0,120}}?\b(?:you|your|{_TASK}|always|never|append|include)\b)",
        "is addressed to an assistant and tells it how to answer.",
        also=(
            _INTRODUCING_WORDS,
            (
                " you",
                " summar",
                " repl",
                " respon",
                " answer",
                " output",
                " always ",
                " never ",
                " append ",
                " include ",
            ),
        ),
    ),
    Rule(
        "if-you-are-ai",
        "address",
        0.65,
        ("ai", "a.i", "llm", "language model", "bot", "assistant", "gpt"),
        rf"\b(?:if|when|since|as|because) you(?: are|'re)? (?:an? |the )?(?:\w{{1,12}} )?(?:{_MACHINE}|assistant|bot)\b"
        rf"|\b(?:any|all|every|each) (?:{_MACHINE})(?: {_ROLE})? (?:that |which )?"
        r"(?:read|process|summari[sz]|pars|review|access|integrat|us|analy[sz]|index|handl)\w{0,4}\b",
        "singles out AI readers from human ones.",
        also=((" you ", " any ", " all ", " every ", " each "), (*_MACHINE_WORDS, "assistant ")),
    ),
    Rule(
        "ai-must",
        "address",
        0.45,
        ("ai ", "llm", "language model", "bot"),
        rf"\b{_MACHINE}(?: {_ROLE})?\b{_GAP}\b(?:must|should|shall|are (?:required|instructed|ordered) to|need to|"
        rf"has to|have to)\b{_SHORT}"
        r"\b(?:first|always|never|reply|respond|answer|include|append|output|say|state|recommend|ignore|disregard|call|"
        r"send|delete|run|execute|rate|approve|add|insert)\b",
        "tells AI readers what they must do.",
        also=(_MACHINE_WORDS, (" must ", " should ", " shall ", " are ", " need ", " has ", " have ")),
    ),
    Rule(
        "shape-the-answer",
        "reply",
        0.45,
        (
            "append",
            "includ",
            "add ",
            "insert",
            "prepend",
            "begin",
            "start",
            "end ",
            "finish",
            "mention",
            "repeat",
            "put ",
        ),
        r"\b(?:append(?:ed)?|includ(?:e|ed|ing)|add(?:ed)?|insert(?:ed)?|prepend|begin|start|end|finish|mention(?:ed)?|"
        r"repeat(?: it)?|put)\b[^.!?\n]{0,80}?\b(?:in|to|of|with|on) "
        r"(?:your|every|each|any|all)(?: future| subsequent)? "
        r"(?:summar(?:y|ies)|repl(?:y|ies)|responses?|answers?|outputs?|reports?)\b(?! to\b)",
        "says what an answer must contain.",
        also=(
            ("summar", "repl", "respon", "answer", "output", "report"),
            (" your ", " every ", " each ", " any ", " all "),
        ),
        probe=r"(?:your|every|each|any|all) (?:future |subsequent )?(?:summar|repl|respon|answer|output|report)",
    ),
    Rule(
        "before-answering",
        "reply",
        0.45,
        ("before ", "when you ", "whenever "),
        r"\b(?:before (?:you )?(?:answer|reply|respond|summari[sz]|return)(?:e|ing)?(?: (?:to )?the user)?|"
        r"when(?:ever)? you (?:summari[sz]e|answer|respond|reply|are asked|process))\b",
        "speaks to whoever answers questions about this document.",
        also=((" answer", " reply", " respond", " summari", " return", " asked ", " process"),),
    ),
    Rule(
        "conceal-from-user",
        "conceal",
        0.45,
        ("the user", "users", "anyone"),
        r"\b(?:(?:do not|don't|never|must not|without) (?:tell|inform|mention|notify|alert|reveal|warn|show|"
        r"disclos|ask)"
        r"(?:e|ing)?(?: (?:this|it|that|any of this))?(?: to| about this to)? (?:the |any )?(?:users?|anyone)"
        r"|hide (?:this|it) from the users?)\b",
        "asks to keep something from the person who asks.",
        also=(
            (
                " tell",
                " inform",
                " mention",
                " notify",
                " alert",
                " reveal",
                " warn",
                " show",
                " disclos",
                " ask",
                " hide ",
            ),
            (" not ", " don ", " never ", " without ", " hide "),
        ),
    ),
    Rule(
        "reveal-prompt",
        "reveal",
        0.65,
        ("prompt", "instruction", "rule", "guideline", "configuration", "message"),
        r"\b(?:reveal|show|print|output|repeat|display|leak|disclose|dump|tell me|give me|list|expose|write out|recite|"
        rf"summari[sz]e|share|what (?:is|are|were))\b{_SHORT}\b(?:(?:system|hidden|initial|secret) "
        r"(?:prompt|instructions?|message)|developer (?:message|prompt)|"
        r"your (?:\w{1,12} )?(?:prompt|instructions|rules|guidelines|configuration)|"
        r"instructions (?:that )?you (?:were|have))\b",
        "asks for the instructions of the assistant itself.",
        also=(
            (
                " reveal ",
                " show ",
                " print ",
                " output ",
                " repeat ",
                " display ",
                " leak ",
                " disclose ",
                " dump ",
                " me ",
                " list ",
                " expose ",
                " write ",
                " recite ",
                " summari",
                " share ",
                " what ",
            ),
            (" system ", " hidden ", " initial ", " secret ", " developer ", " your ", " you "),
        ),
    ),
    Rule(
        "reveal-data",
        "reveal",
        0.3,
        (
            "password",
            "credential",
            "api key",
            "secret",
            "private",
            "token",
            "salar",
            "payroll",
            "customer",
            "client",
            "user ",
            "personal",
            "confidential",
            "internal",
            "sensitive",
            "conversation",
            "documents",
        ),
        rf"\b(?:reveal|show me|tell me|give me|leak|dump|disclose|expose|output|collect|gather|extract|"
        rf"list all)\b{_GAP}\b{_GUARDED}",
        "asks to disclose secrets or other people's data.",
        also=(
            (
                " reveal ",
                " me ",
                " leak ",
                " dump ",
                " disclose ",
                " expose ",
                " output ",
                " collect ",
                " gather ",
                " extract ",
                " list ",
            ),
        ),
    ),
    Rule(
        "send-data-out",
        "exfiltration",
        0.5,
        ("http", "@", "extern", "webhook", "outside"),
        rf"\b(?:send|forward|e?-?mail|post|upload|transmit|submit|exfiltrate|copy|leak)\b{_GAP}\b"
        rf"(?:{_GUARDED}|(?:this|the|processed|full) (?:\w{{1,12}} )?(?:summary|result|conversation|answer|"
        rf"document)\b|them\b){_GAP}"
        r"\bto\b[^!?\n]{0,30}?(?:https?://|[\w.+-]{1,40}@[\w-]{1,40}|\b(?:external|outside|webhook)\b)",
        "asks to send content of the system to an outside address.",
        also=(
            (
                " send ",
                " forward ",
                "mail ",
                " post ",
                " upload ",
                " transmit ",
                " submit ",
                " exfiltrate ",
                " copy ",
                " leak ",
            ),
            (" to ",),
        ),
    ),
    Rule(
        "plant-memory",
        "memory",
        0.5,
        ("memory", "future ", "remember"),
        r"\b(?:save|store|remember|persist|keep|add|commit|write)\b[^.!?\n]{0,60}?\b(?:(?:to|"
        r"in) (?:your )(?:long-term )?memory|"
        r"(?:for|in) (?:all |every |any )?future (?:tasks|replies|reply|responses|answers|conversations|"
        r"sessions|chats))\b",
        "asks an assistant to remember an order for later conversations.",
        also=(
            (" save ", " store ", " remember ", " persist ", " keep ", " add ", " commit ", " write "),
            (" memory ", " future "),
        ),
    ),
    Rule(
        "decode-and-obey",
        "override",
        0.65,
        ("decode", "decrypt", "decipher", "translate"),
        rf"\b(?:decode|decrypt|decipher)\b[^!?\n]{{0,60}}?\b(?:and|then)\b{_SHORT}\b(?:follow|execute|obey|"
        rf"do (?:exactly )?what|"
        r"run|carry out|comply|perform)\b",
        "asks to decode a text and obey it.",
        also=((" decode ", " decrypt ", " decipher "), (" and ", " then ")),
    ),
    Rule(
        "override-user",
        "override",
        0.6,
        ("user",),
        rf"{_DROP} (?:what )?(?:the |this )?user(?:'s|s')? (?:\w{{1,12}} )?(?:tasks?|requests?|questions?|"
        rf"quer(?:y|ies)|says|asks)\b",
        "tells the reader to ignore what its user asks.",
        also=(_DROP_WORDS,),
    ),
    Rule(
        "new-instructions",
        "override",
        0.45,
        ("new ", "updated ", "real ", "actual "),
        r"\b(?:new|updated|real|actual|your) (?:system )?(?:instructions?|task|directives?|orders|"
        r"prompt)\b(?: (?:is|are|follows?))?\s?:",
        "announces new instructions.",
        also=(("instruction", " task ", " directive", " orders ", " prompt "),),
    ),
    Rule(
        "call-a-tool",
        "tool",
        0.45,
        ("send_", "delete_", "http_", "execute_", "run_", "write_", "fetch_", "remove_"),
        r"\b(?:call|invoke|use|run|execute) (?:the )?(?:tool |function )?`?(?:send|delete|http|execute|run|"
        r"write|fetch|remove)_\w{1,30}",
        "orders the use of a tool.",
        also=((" call ", " invoke ", " use ", " run ", " execute "),),
    ),
    Rule(
        "hidden-address",
        "address",
        0.5,
        ("automated", "machine", "crawler", "indexer", "scraper"),
        r"\b(?:for|to|attention|dear|note) ?:? (?:any |all |the )?(?:automated|machine|automatic) "
        r"(?:readers?|processing|systems?|tools?|indexers?|summari[sz]ers?|agents?)\b(?: ?[:,.-]|$)"
        r"|\b(?:for|to|attention|dear|note) ?:? (?:any |all |the )?(?:crawlers?|indexers?|scrapers?) ?[:,]",
        "is addressed to machines that read the document, not to a person.",
        hidden_only=True,
    ),
    Rule(
        "hidden-order",
        "hidden",
        0.35,
        (
            "answer",
            "repl",
            "respon",
            "say",
            "stat",
            "recommend",
            "rank",
            "rate",
            "mention",
            "summar",
            "approve",
            "hire",
        ),
        r"\b(?:you (?:must|should|shall|will)|please|always|never|do not|don't|make sure to|be sure to)\b"
        rf"{_SHORT}\b(?:answer|reply|respond|say|state|recommend|rank|rate|mention|summari[sz]e|approve|hire|praise)\b",
        "gives an order about answers in a place no reader sees.",
        hidden_only=True,
    ),
)
