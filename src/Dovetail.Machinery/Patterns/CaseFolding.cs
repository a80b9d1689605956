using System.Text;

namespace Dovetail.Machinery.Patterns;

/// <summary>Unicode's simple case folding: which code points differ in case alone (k, K and the Kelvin sign).</summary>
internal static class CaseFolding
{
    /// <summary>These two .NET's invariant casing leaves alone.</summary>
    private const int LongS = 0x17F;
    private const int CapitalSharpS = 0x1E9E;
    private const int SmallSharpS = 0xDF;

    private static readonly Lazy<(int[] Runes, int[][] Others)> Table = new(Build);

    /// <summary>What the code points of a range are with another case.</summary>
    public static IEnumerable<int> Others(int first, int last)
    {
        var (runes, others) = Table.Value;
        var i = Array.BinarySearch(runes, first);
        for (i = i < 0 ? ~i : i; i < runes.Length && runes[i] <= last; i++)
        {
            foreach (var other in others[i])
                yield return other;
        }
    }

    private static (int[] Runes, int[][] Others) Build()
    {
        var sameButForCase = new Dictionary<int, List<int>>();
        for (var code = 0; code <= CharacterSet.Last; code++)
        {
            if (!Rune.IsValid(code))
                continue;
            var rune = new Rune(code);
            var folded = code switch
            {
                // A dotted capital I and a dotless small one fold to nothing else.
                0x130 or 0x131 => code,
                LongS => 's',
                CapitalSharpS => SmallSharpS,
                _ => Rune.ToLowerInvariant(Rune.ToUpperInvariant(rune)).Value,
            };
            if (folded != code || code == SmallSharpS || Rune.ToUpperInvariant(rune).Value != code || Rune.ToLowerInvariant(rune).Value != code)
                (sameButForCase.TryGetValue(folded, out var group) ? group : sameButForCase[folded] = []).Add(code);
        }
        var pairs = sameButForCase.Values.Where(static g => g.Count > 1).SelectMany(static g => g.Select(rune => (Rune: rune, Others: g.Where(o => o != rune).ToArray()))).OrderBy(static p => p.Rune).ToArray();
        return ([.. pairs.Select(static p => p.Rune)], [.. pairs.Select(static p => p.Others)]);
    }
}
