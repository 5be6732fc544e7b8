"""Markup that belongs to a model's prompt or carries data out, in no particular language."""

from __future__ import annotations

from gristmill.corpus.injection.rules import Rule

_PLACEHOLDER = (
    r"(?:\{{1,2}|%7b|\$\{|<|\[|%5b)[^\s(){}<>\[\]]{0,30}?"
    r"(?:data|secret|conversation|history|summary|prompt|key|password|token|content|answer|context|question|message|"
    r"salar|document|chat|query|response|input)[^\s(){}<>\[\]]{0,30}"
)

_CARRIED_WORDS = (
    "data", "secret", "conversation", "history", "summary", "prompt", "key", "password", "token", "content", "answer",
    "context", "question", "message", "salar", "document", "chat", "query", "response", "input",
)  # fmt: skip

RULES: tuple[Rule, ...] = (
    Rule(
        "chat-template-token",
        "template",
        0.7,
        ("<|", "[inst]", "<<sys>>", "<start_of_turn>", "[/inst]"),
        r"<\|(?:im_start|im_end|im_sep|system|user|assistant|endoftext|eot_id|start_header_id|end_header_id|"
        r"begin_of_text|"
        r"endofprompt|end_of_turn)\|>|\[/?inst\]|<</?sys>>|<start_of_turn>",
        "contains control tokens of a model's prompt, which no reader needs.",
    ),
    Rule(
        "forged-turn",
        "template",
        0.5,
        (
            "[system",
            "</system",
            "<system",
            "system prompt:",
            "system override",
            "[assistant",
            "<assistant",
            "[admin",
            "### system",
            "</document",
            "</context",
            "end of document",
            "end of context",
            "<thinking>",
            "<think>",
            "<scratchpad>",
        ),
        r"\[/?(?:system|assistant|admin)(?: (?:message|note|prompt|override))?\]|</?(?:system|"
        r"assistant)(?:[ _-]?prompt)?>|"
        r"</?(?:think|thinking|scratchpad)>|\bsystem (?:prompt|override)\s?:|#{2,4} ?system\b|</(?:document|"
        r"context|passage)s?>|"
        r"-{3,10} ?end of (?:the )?(?:document|context|passages?|user input) ?-{3,10}",
        "imitates the boundary between a document and the instructions of a system.",
    ),
    Rule(
        "system-note",
        "template",
        0.4,
        ("system ", "assistant", "ai "),
        r"(?:^|\n|[>*\"#-] ?)\s{0,4}\*{0,2}(?:system (?:note|message|notice|instruction|alert|update|directive)|system|"
        r"(?:reasoning|thoughts?) \(assistant\)|(?:assistant|ai) (?:reasoning|thoughts?|instructions?))\*{0,2}\s{0,2}:"
        r"(?=[^\n]{0,160}?\b(?:you|your|must|call|append|reply|answer|ignore|i (?:will|have|should|must))\b)",
        "poses as a message of the system or as the assistant's own thoughts.",
        probe=r"(?:system|note|message|notice|instruction|alert|update|directive|\(assistant\)|reasoning|thoughts?|"
        r"instructions?)\*{0,2}\s{0,2}:",
    ),
    Rule(
        "image-carries-data",
        "exfiltration",
        0.8,
        ("![",),
        rf"!\[[^\]\n]{{0,80}}\]\(\s{{0,3}}https?://[^\s()]{{0,200}}?{_PLACEHOLDER}",
        "shows an image whose address would carry content of the answer to another server.",
        also=((" http",), _CARRIED_WORDS),
    ),
    Rule(
        "link-carries-data",
        "exfiltration",
        0.45,
        ("](http", "]: http"),
        rf"\](?:\(|: )\s{{0,3}}https?://[^\s()]{{0,200}}?[?&][\w-]{{1,30}}={_PLACEHOLDER}",
        "has a link whose address would carry content of the answer to another server.",
        also=((" http",), _CARRIED_WORDS),
    ),
    Rule(
        "ask-for-image",
        "exfiltration",
        0.5,
        ("image", "markdown", "link", "pixel"),
        r"\b(?:render|display|show|insert|include|add|output|append|"
        r"embed)\b[^.!?\n]{0,40}?\b(?:markdown )?(?:image|link|pixel)\b"
        rf"[^!?\n]{{0,60}}?https?://[^\s()]{{0,200}}?{_PLACEHOLDER}",
        "asks to show an image or link that carries data to another server.",
        also=(
            (" render ", " display ", " show ", " insert ", " include ", " add ", " output ", " append ", " embed "),
            ("http",),
            _CARRIED_WORDS,
        ),
    ),
)
