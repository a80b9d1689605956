namespace Dovetail.Machinery.Patterns;

/// <summary>A set of code points while a class is read: ranges in any order, put in order at the end.</summary>
internal sealed class CharacterSet
{
    public const int Last = 0x10FFFF;

    private readonly List<(int First, int Last)> ranges = [];

    public int Count => ranges.Count;

    public CharacterSet Add(int first, int last)
    {
        ranges.Add((first, last));
        return this;
    }

    public CharacterSet Add(int[] sorted)
    {
        for (var i = 0; i < sorted.Length; i += 2)
            ranges.Add((sorted[i], sorted[i + 1]));
        return this;
    }

    /// <summary>Adds a range with everything that is the same but for its case.</summary>
    public CharacterSet AddFolded(int first, int last)
    {
        ranges.Add((first, last));
        foreach (var other in CaseFolding.Others(first, last))
            ranges.Add((other, other));
        return this;
    }

    public CharacterSet AddFolded(int[] sorted)
    {
        for (var i = 0; i < sorted.Length; i += 2)
            AddFolded(sorted[i], sorted[i + 1]);
        return this;
    }

    /// <summary>First and last of each range, in order, neighbours joined.</summary>
    public int[] Sorted()
    {
        ranges.Sort();
        var joined = new List<int>(ranges.Count * 2);
        foreach (var (first, last) in ranges)
        {
            if (joined.Count > 0 && first <= joined[^1] + 1)
                joined[^1] = Math.Max(joined[^1], last);
            else
                joined.AddRange([first, last]);
        }
        return [.. joined];
    }

    public static int[] Negate(int[] sorted)
    {
        var others = new List<int>(sorted.Length + 2);
        var next = 0;
        for (var i = 0; i < sorted.Length; i += 2)
        {
            if (sorted[i] > next)
                others.AddRange([next, sorted[i] - 1]);
            next = sorted[i + 1] + 1;
        }
        if (next <= Last)
            others.AddRange([next, Last]);
        return [.. others];
    }

    public static bool Contains(int[] sorted, int rune)
    {
        var (low, high) = (0, sorted.Length / 2 - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (rune < sorted[middle * 2])
                high = middle - 1;
            else if (rune > sorted[middle * 2 + 1])
                low = middle + 1;
            else
                return true;
        }
        return false;
    }
}
