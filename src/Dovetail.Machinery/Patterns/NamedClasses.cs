using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Dovetail.Machinery.Patterns;

/// <summary>Classes that have names: Perl's and POSIX's, ASCII only, and Unicode's categories and scripts.</summary>
internal static class NamedClasses
{
    private static readonly FrozenDictionary<string, int[]> Posix = new Dictionary<string, int[]>
    {
        ["alnum"] = ['0', '9', 'A', 'Z', 'a', 'z'],
        ["alpha"] = ['A', 'Z', 'a', 'z'],
        ["ascii"] = [0, 0x7F],
        ["blank"] = ['\t', '\t', ' ', ' '],
        ["cntrl"] = [0, 0x1F, 0x7F, 0x7F],
        ["digit"] = ['0', '9'],
        ["graph"] = ['!', '~'],
        ["lower"] = ['a', 'z'],
        ["print"] = [' ', '~'],
        ["punct"] = ['!', '/', ':', '@', '[', '`', '{', '~'],
        ["space"] = ['\t', '\r', ' ', ' '],
        ["upper"] = ['A', 'Z'],
        ["word"] = ['0', '9', 'A', 'Z', '_', '_', 'a', 'z'],
        ["xdigit"] = ['0', '9', 'A', 'F', 'a', 'f'],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly int[] PerlSpace = ['\t', '\n', '\f', '\r', ' ', ' '];

    private static readonly FrozenDictionary<string, string> Aliases = new Dictionary<string, string>
    {
        ["Other"] = "C", ["Control"] = "Cc", ["Cntrl"] = "Cc", ["Format"] = "Cf", ["Unassigned"] = "Cn", ["Privateuse"] = "Co", ["Surrogate"] = "Cs",
        ["Letter"] = "L", ["Casedletter"] = "Lc", ["Lowercaseletter"] = "Ll", ["Modifierletter"] = "Lm", ["Otherletter"] = "Lo", ["Titlecaseletter"] = "Lt", ["Uppercaseletter"] = "Lu",
        ["Mark"] = "M", ["Combiningmark"] = "M", ["Spacingmark"] = "Mc", ["Enclosingmark"] = "Me", ["Nonspacingmark"] = "Mn",
        ["Number"] = "N", ["Decimalnumber"] = "Nd", ["Digit"] = "Nd", ["Letternumber"] = "Nl", ["Othernumber"] = "No",
        ["Punctuation"] = "P", ["Punct"] = "P", ["Connectorpunctuation"] = "Pc", ["Dashpunctuation"] = "Pd", ["Closepunctuation"] = "Pe", ["Finalpunctuation"] = "Pf",
        ["Initialpunctuation"] = "Pi", ["Otherpunctuation"] = "Po", ["Openpunctuation"] = "Ps",
        ["Symbol"] = "S", ["Currencysymbol"] = "Sc", ["Modifiersymbol"] = "Sk", ["Mathsymbol"] = "Sm", ["Othersymbol"] = "So",
        ["Separator"] = "Z", ["Lineseparator"] = "Zl", ["Paragraphseparator"] = "Zp", ["Spaceseparator"] = "Zs",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Two letters for each <see cref="UnicodeCategory"/>, in its order.</summary>
    private const string CategoryNames = "LuLlLtLmLoMnMcMeNdNlNoZsZlZpCcCfCsCoPcPdPsPePiPfPoSmScSkSoCn";

    private static readonly ConcurrentDictionary<string, int[]?> Unicode = new(StringComparer.Ordinal);

    private static readonly Lazy<Dictionary<string, int[]>> Scripts = new(ReadScripts);

    /// <summary>The class of <c>\d</c>, <c>\s</c> or <c>\w</c>.</summary>
    public static int[] Perl(char name) => name switch { 'd' => Posix["digit"], 's' => PerlSpace, _ => Posix["word"] };

    /// <summary>The class of <c>[:name:]</c>; null when there is none.</summary>
    public static int[]? OfPosix(string name) => Posix.GetValueOrDefault(name);

    /// <summary>The class of <c>\p{name}</c>, whose case, blanks, dashes and underscores do not count; null when there is none.</summary>
    public static int[]? OfUnicode(string name)
    {
        var plain = Canonical(name);
        return plain.Length > 40 ? null : Unicode.GetOrAdd(plain, Find);
    }

    private static int[]? Find(string name) => name switch
    {
        "Any" => [0, CharacterSet.Last],
        "Assigned" => CharacterSet.Negate(Category("Cn")!),
        "Ascii" => [0, 0x7F],
        _ => Category(name) ?? Scripts.Value.GetValueOrDefault(name) ?? (Aliases.TryGetValue(name, out var category) ? Category(category) : null),
    };

    private static string Canonical(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            if (c is not ('_' or '-' or ' '))
                text.Append(text.Length == 0 ? char.IsAsciiLetterLower(c) ? (char)(c - 32) : c : char.IsAsciiLetterUpper(c) ? (char)(c + 32) : c);
        }
        return text.ToString();
    }

    private static int[]? Category(string name)
    {
        var wanted = new bool[30];
        for (var i = 0; i < 30; i++)
            wanted[i] = name == "Lc" ? i <= (int)UnicodeCategory.TitlecaseLetter : name.Length is 1 or 2 && CategoryNames.AsSpan(i * 2, name.Length).SequenceEqual(name);
        if (!wanted.Contains(true))
            return null;
        var set = new CharacterSet();
        for (var code = 0; code <= CharacterSet.Last; code++)
        {
            if (wanted[(int)CharUnicodeInfo.GetUnicodeCategory(code)])
                set.Add(code, code);
        }
        return set.Sorted();
    }

    /// <summary>A line each: the name, then ranges in hexadecimal.</summary>
    private static Dictionary<string, int[]> ReadScripts()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("patterns/scripts.text")!;
        using var reader = new StreamReader(stream);
        var scripts = new Dictionary<string, int[]>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            var words = line.Split(' ');
            scripts.Add(words[0], [.. words.Skip(1).SelectMany(static range => range.Contains('-') ? range.Split('-') : [range, range]).Select(static code => int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture))]);
        }
        return scripts;
    }
}
