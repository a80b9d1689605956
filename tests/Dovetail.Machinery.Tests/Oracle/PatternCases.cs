using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Tests.Oracle;

/// <summary>Random patterns in Go's syntax, a good part of them broken, with texts that they may match.</summary>
internal static class PatternCases
{
    private static readonly string[] Pieces =
    [
        "a", "b", "ab", "Z", "0", "9", "_", "-", " ", ",", "é", "É", "k", "K", "ſ", "σ", "ς", "😀", "世", "/", "x", "µ", "ß", "İ", "ı", "ǆ", "\n",
        @"\d", @"\D", @"\w", @"\W", @"\s", @"\S", @"\.", @"\\", @"\/", @"\-", @"\n", @"\t", @"\v", @"\x41", @"\x{1F600}", @"\x{10FFFF}", @"\101", @"\07", @"\Qa.b\E", @"\Q+", @"\Q\E",
        @"\pL", @"\PL", @"\p{Lu}", @"\p{^Lu}", @"\p{Greek}", @"\P{Greek}", @"\p{L}", @"\pN", @"\p{Any}", @"\p{lowercase_letter}", @"\p{Latin}", @"\p{Cn}", @"\p{assigned}",
        "[a-c]", "[^a-c]", @"[\d_]", "[[:alpha:]]", "[[:^alpha:]]", "[^[:space:]x]", "[]a]", "[^]a]", "[a-]", "[-a]", @"[\pL\d]", @"[^\n]", "[é-ü]", @"[\x{0}-\x{10FFFF}]", @"[\^\]]", "[[]", "[:a]", "[a[:word:]-]", @"[\w-]", @"[^\W]",
        ".", "^", "$", @"\A", @"\z", @"\b", @"\B",
    ];

    private static readonly string[] Broken =
    [
        "[", "[a", "[]", "[^]", "[b-a]", @"[\d-z]", "[[:nope:]]", "[a-", ")", "(", "(?", "(?P", "(?P<", "(?P<>a)", "(?P<a", "(?P<a-b>c)", "(?x)", "(?#c)", "(?=a)", "(?<=a)", "(?!a)", "(?i", "(?-:a)", "(?i--s)", "(?é)",
        "**", "a**", "a*+", "a{2}{3}", "{2}", "*", "+a", "?", "|*", "(*a)", "a{1001}", "a{2,1}", "a{1000}{2}", "(a{32}){32}", "a{99999999999}", @"\", @"\Z", @"\C", @"\1", @"\8", @"\e", @"\x", @"\x4", @"\xg", @"\x{", @"\x{}", @"\x{110000}", @"\x{zz}",
        @"\p", @"\p{", @"\p{Nope}", @"\pX", @"\p{Old_Italic}", @"\é", @"\K", @"\R", @"\h", @"\u0041", @"\G", @"\k<a>", @"[\b]", @"[\A]", @"[\Z]", "a++", "a*?+", "a{,2}", "a{2", "a{2,", "a{02}", "a{2,03}", "}", "]",
    ];

    private static readonly string[] Characters =
        ["a", "b", "c", "A", "B", "Z", "x", "0", "5", "9", "_", "-", " ", ",", ".", "\n", "\t", "\v", "\\", "é", "É", "ü", "k", "K", "\u212A", "s", "S", "ſ", "σ", "Σ", "ς", "😀", "世", "/", "]", "[", "^", "+", "*", "{", "}", "µ", "μ", "ß", "ẞ", "i", "I", "İ", "ı", "ǅ", "ǆ", "\u0000", "\U0010FFFF", "\u00a0"];

    public static JsonObject Case(Dice dice)
    {
        var texts = new JsonArray("");
        for (var i = dice.Roll(6) + 2; i > 0; i--)
            texts.Add(Text(dice));
        return new JsonObject { ["op"] = "pattern", ["pattern"] = Pattern(dice, 3), ["texts"] = texts };
    }

    private static string Text(Dice dice)
    {
        var text = "";
        for (var i = dice.Roll(7); i > 0; i--)
            text += dice.Pick(Characters);
        return text;
    }

    private static string Pattern(Dice dice, int depth)
    {
        var text = dice.Chance(15) ? dice.Pick("(?i)", "(?s)", "(?m)", "(?U)", "(?im)", "(?i-s)", "(?-i)", "(?ms-i)") : "";
        for (var i = dice.Roll(4) + 1; i > 0; i--)
        {
            text += dice.Roll(depth > 0 ? 12 : 8) switch
            {
                < 8 => dice.Chance(3) ? dice.Pick(Broken) : dice.Pick(Pieces),
                8 => $"({Pattern(dice, depth - 1)})",
                9 => $"(?:{Pattern(dice, depth - 1)})",
                10 => $"({dice.Pick("?P<n>", "?i:", "?s:", "?m:", "?i-s:", "?U:", "?<n>")}{Pattern(dice, depth - 1)})",
                _ => $"{Pattern(dice, depth - 1)}|{Pattern(dice, depth - 1)}",
            };
            if (dice.Chance(30))
                text += dice.Pick("*", "+", "?", "*?", "+?", "??", "{2}", "{0}", "{0,1}", "{1,3}", "{2,}", "{0,}", "{1,2}?", "{a}", "{,1}");
        }
        return text;
    }
}
