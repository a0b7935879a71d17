"""Language variants: of `-{zh-hans:…;zh-hant:…}-` one is shown, rules for the rest of the page are not."""

PREFERRED = ("zh-hans", "zh-cn", "zh", "zh-hant", "zh-tw", "zh-hk")


def variant_text(content: str) -> str:
    """What a variant block shows."""
    flags, bar, rest = content.partition("|")
    if bar:
        if set(flags.strip()) & set("HT-"):
            return ""
        content = rest
    choices: dict[str, str] = {}
    for part in content.split(";"):
        code, colon, text = part.partition(":")
        if colon and code.strip().isascii() and "-" in f"{code}-":
            choices[code.strip().rpartition("=>")[2].lower()] = text.strip()
    if not choices or not any(code.startswith(("zh", "sr", "hans", "hant")) for code in choices):
        return content
    return next((choices[code] for code in PREFERRED if code in choices), next(iter(choices.values())))
