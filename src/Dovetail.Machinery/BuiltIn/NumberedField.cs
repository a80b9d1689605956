using System.Collections.Immutable;
using System.Globalization;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>A field of a built-in struct as protobuf knows it.</summary>
/// <param name="Name">Its name in JSON.</param>
/// <param name="Numbers">Its number; more than one when JSON shows the field here but Go embeds the struct that it belongs to: the numbers of those structs come first.</param>
/// <param name="KeepsZero">Whether JSON shows its zero value: it is required, or a pointer in Go. Every other field is omitted by Go's <c>omitempty</c>.</param>
internal sealed record NumberedField(string Name, ImmutableArray<int> Numbers, bool KeepsZero)
{
    /// <param name="name">With <c>!</c> when the field is required.</param>
    /// <param name="number"><c>3</c>, <c>3*</c>, <c>2.1</c>.</param>
    public static NumberedField Parse(string name, ReadOnlySpan<char> number)
    {
        var numbers = ImmutableArray.CreateBuilder<int>(1);
        var path = number.TrimEnd('*');
        foreach (var part in path.Split('.'))
            numbers.Add(int.Parse(path[part], NumberStyles.None, CultureInfo.InvariantCulture));
        return new(name.TrimEnd('!'), numbers.ToImmutable(), name.EndsWith('!') || path.Length < number.Length);
    }
}
