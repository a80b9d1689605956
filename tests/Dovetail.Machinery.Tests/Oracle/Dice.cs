using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Tests.Oracle;

/// <summary>Reproducible choices (SplitMix64): a seed names a case.</summary>
internal sealed class Dice(ulong seed)
{
    private ulong state = seed * 0xD1342543DE82EF95;

    public int Roll(int sides)
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (int)((z ^ (z >> 31)) % (ulong)sides);
    }

    public bool Chance(int percent) => Roll(100) < percent;

    public T Pick<T>(params ReadOnlySpan<T> choices) => choices[Roll(choices.Length)];

    public JsonNode? Text(params ReadOnlySpan<string> choices) => JsonValue.Create(Pick(choices));

    /// <summary>Each with the given chance, in order.</summary>
    public IEnumerable<T> Some<T>(int percent, params T[] from) => from.Where(_ => Chance(percent));

    public JsonArray List(int most, Func<JsonNode?> item)
    {
        var list = new JsonArray();
        for (var i = Roll(most + 1); i > 0; i--) list.Add(item());
        return list;
    }

    /// <summary>Items with different values of a key.</summary>
    public JsonArray Keyed(int percent, IEnumerable<string> keys, Func<string, JsonNode?> item)
    {
        var chosen = keys.Where(_ => Chance(percent)).ToList();
        if (Chance(40)) chosen.Reverse();
        return new JsonArray([.. chosen.Select(item)]);
    }
}
