using System.Globalization;
using System.Text.Json;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tables;

/// <summary>How facts of objects are worded in cells, the same for several kinds (upstream: the format functions of <c>pkg/printers/internalversion</c>).</summary>
internal static class Cells
{
    public const string None = "<none>";
    public const string Unset = "<unset>";

    public static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;

    /// <summary>The field's text when it is there, "" included.</summary>
    public static string OrAbsent(CompactValue item, string otherwise, params ReadOnlySpan<string> path) => item.Has(path) ? item.Text(path) : otherwise;

    public static string True(CompactValue item, params ReadOnlySpan<string> path) => !item.Has(path) ? Unset : item.Flag(path) ? "True" : "False";

    public static string Join(CompactValue item, params ReadOnlySpan<string> path)
    {
        var texts = new List<string>();
        foreach (var text in item.Items(path)) texts.Add(text.GetString() ?? "");
        return string.Join(",", texts);
    }

    /// <summary>A map as <c>a=b,c=d</c>, sorted; <c>&lt;none&gt;</c> when empty.</summary>
    public static string Labels(CompactValue item, params ReadOnlySpan<string> path)
    {
        var pairs = new List<string>();
        foreach (var pair in item.Entries(path)) pairs.Add($"{pair.Name}={pair.Value.GetString()}");
        pairs.Sort(StringComparer.Ordinal);
        return pairs.Count == 0 ? None : string.Join(",", pairs);
    }

    /// <summary>A <c>meta.v1 LabelSelector</c> as selectors are written, its terms in the order of their keys; "" when it is empty or absent.</summary>
    public static string Selector(CompactValue selector)
    {
        var terms = new List<(string Key, string Text)>();
        foreach (var label in selector.Entries("matchLabels")) terms.Add((label.Name, $"{label.Name}={label.Value.GetString()}"));
        foreach (var expression in selector.Items("matchExpressions"))
        {
            var values = new List<string>();
            foreach (var value in expression.Items("values")) values.Add(value.GetString()!);
            values.Sort(StringComparer.Ordinal);
            var key = expression.Text("key");
            terms.Add((key, expression.Text("operator") switch
            {
                "In" => $"{key} in ({string.Join(",", values)})",
                "NotIn" => $"{key} notin ({string.Join(",", values)})",
                "Exists" => key,
                _ => "!" + key,
            }));
        }

        return string.Join(",", terms.OrderBy(static t => t.Key, StringComparer.Ordinal).Select(static t => t.Text));
    }

    public static CompactValue Condition(CompactValue item, string type)
    {
        foreach (var condition in item.Items("status", "conditions"))
            if (condition.Text("type") == type) return condition;
        return default;
    }

    /// <summary>A quantity in its canonical form; "0" when it is absent.</summary>
    public static string Quantity(CompactValue item, params ReadOnlySpan<string> path)
    {
        var found = item.At(path);
        var text = found.ValueKind switch
        {
            JsonValueKind.String => found.GetString()!,
            JsonValueKind.Number => found.GetRawText(),
            _ => "0",
        };
        return Quantities.Quantity.TryParse(text, out var quantity) ? quantity.ToString() : text;
    }

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>At most <paramref name="shown"/> of the texts, and how many more there are.</summary>
    public static string Some(List<string> texts, int shown, string empty, string separator = ",")
    {
        if (texts.Count == 0) return empty;
        var text = string.Join(separator, texts.Take(shown));
        return texts.Count > shown ? string.Create(CultureInfo.InvariantCulture, $"{text} + {texts.Count - shown} more...") : text;
    }

    /// <summary>Addresses of a load balancer, each once, sorted.</summary>
    public static string LoadBalancer(CompactValue item)
    {
        var addresses = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var ingress in item.Items("status", "loadBalancer", "ingress"))
            if (Or(ingress.Text("ip"), ingress.Text("hostname")) is { Length: > 0 } address) addresses.Add(address);
        return string.Join(",", addresses);
    }

    /// <summary>Names and images of a pod template's containers, two cells.</summary>
    public static CellWriter Containers(this CellWriter cells, CompactValue template)
    {
        List<string> names = [], images = [];
        foreach (var container in template.Items("spec", "containers"))
        {
            names.Add(container.Text("name"));
            images.Add(container.Text("image"));
        }

        return cells.Text(string.Join(",", names)).Text(string.Join(",", images));
    }
}
