using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Selectors;

public enum SelectorOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
    Equals,
    NotEquals,
    GreaterThan,
    LessThan,
}

/// <summary>One term of a label selector; all terms must hold.</summary>
public sealed record LabelRequirement(string Key, SelectorOperator Operator, ImmutableArray<string> Values)
{
    /// <summary><paramref name="value"/> is the label's value, null when the object has no such label.</summary>
    public bool Matches(string? value) => Operator switch
    {
        SelectorOperator.In or SelectorOperator.Equals => value is not null && Values.Contains(value),
        SelectorOperator.NotIn or SelectorOperator.NotEquals => value is null || !Values.Contains(value),
        SelectorOperator.Exists => value is not null,
        SelectorOperator.DoesNotExist => value is null,
        SelectorOperator.GreaterThan => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number > Bound,
        SelectorOperator.LessThan => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number < Bound,
    };

    private long Bound => long.Parse(Values[0], CultureInfo.InvariantCulture);

    /// <summary>The selector's own syntax, values sorted.</summary>
    public override string ToString()
    {
        var values = string.Join(",", Values.Order(StringComparer.Ordinal));
        return Operator switch
        {
            SelectorOperator.In => $"{Key} in ({values})",
            SelectorOperator.NotIn => $"{Key} notin ({values})",
            SelectorOperator.Exists => Key,
            SelectorOperator.DoesNotExist => "!" + Key,
            SelectorOperator.Equals => $"{Key}={values}",
            SelectorOperator.NotEquals => $"{Key}!={values}",
            SelectorOperator.GreaterThan => $"{Key}>{values}",
            SelectorOperator.LessThan => $"{Key}<{values}",
        };
    }
}

/// <summary>A label selector, compiled once and evaluated on JSON or on a look-up. The string syntax is that of <c>?labelSelector=</c>
/// (<c>a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1</c>), the object form is <c>metav1.LabelSelector</c>.</summary>
public sealed class LabelSelector
{
    private readonly bool nothing;

    internal LabelSelector(ImmutableArray<LabelRequirement> requirements, bool nothing = false)
    {
        Requirements = requirements;
        this.nothing = nothing;
    }

    public static LabelSelector Everything { get; } = new([]);

    public static LabelSelector Nothing { get; } = new([], nothing: true);

    /// <summary>Sorted by key.</summary>
    public ImmutableArray<LabelRequirement> Requirements { get; }

    public bool IsEverything => !nothing && Requirements.Length == 0;

    /// <exception cref="FormatException">The text is no selector; the message is upstream's, without a prefix.</exception>
    public static LabelSelector Parse(string? text) => string.IsNullOrEmpty(text) ? Everything : LabelSelectorParser.Parse(text);

    /// <summary>From a <c>metav1.LabelSelector</c>: null selects nothing, an empty one everything.</summary>
    /// <exception cref="FormatException">An operator or a value is not allowed.</exception>
    public static LabelSelector FromObject(JsonObject? selector)
    {
        if (selector is null) return Nothing;
        var requirements = new List<LabelRequirement>();
        if (selector["matchLabels"] is JsonObject labels)
            foreach (var (key, value) in labels)
                requirements.Add(LabelSelectorParser.Checked(key, SelectorOperator.Equals, [value?.GetValue<string>() ?? ""]));
        if (selector["matchExpressions"] is JsonArray expressions)
            foreach (var expression in expressions.OfType<JsonObject>()) requirements.Add(FromExpression(expression));
        return requirements.Count == 0 ? Everything : Sorted(requirements);
    }

    /// <summary>From an equality map (a Service's selector, <c>matchLabels</c>).</summary>
    public static LabelSelector FromLabels(IEnumerable<KeyValuePair<string, string>> labels) =>
        Sorted(labels.Select(pair => new LabelRequirement(pair.Key, SelectorOperator.Equals, [pair.Value])));

    /// <summary>Evaluates against a look-up that answers null for a label that is not there.</summary>
    public bool Matches(Func<string, string?> label)
    {
        if (nothing) return false;
        foreach (var requirement in Requirements)
            if (!requirement.Matches(label(requirement.Key))) return false;
        return true;
    }

    public bool Matches(IReadOnlyDictionary<string, string>? labels)
    {
        if (nothing) return false;
        foreach (var requirement in Requirements)
        {
            string? value = null;
            labels?.TryGetValue(requirement.Key, out value);
            if (!requirement.Matches(value)) return false;
        }

        return true;
    }

    public bool Matches(IDictionary<string, string>? labels)
    {
        if (nothing) return false;
        foreach (var requirement in Requirements)
        {
            string? value = null;
            labels?.TryGetValue(requirement.Key, out value);
            if (!requirement.Matches(value)) return false;
        }

        return true;
    }

    /// <summary>Evaluates against the <c>metadata.labels</c> of a whole object.</summary>
    public bool MatchesObject(JsonObject item)
    {
        if (nothing) return false;
        if (Requirements.Length == 0) return true;
        var labels = item["metadata"]?["labels"] as JsonObject;
        foreach (var requirement in Requirements)
        {
            string? value = null;
            if (labels is not null && labels.TryGetPropertyValue(requirement.Key, out var node) && node is JsonValue text) text.TryGetValue(out value);
            if (!requirement.Matches(value)) return false;
        }

        return true;
    }

    public bool MatchesObject(JsonElement item)
    {
        if (nothing) return false;
        if (Requirements.Length == 0) return true;
        var found = item.TryGetProperty("metadata", out var metadata) & (metadata.ValueKind == JsonValueKind.Object);
        JsonElement labels = default;
        found = found && metadata.TryGetProperty("labels", out labels) && labels.ValueKind == JsonValueKind.Object;
        foreach (var requirement in Requirements)
        {
            string? value = null;
            if (found && labels.TryGetProperty(requirement.Key, out var text) && text.ValueKind == JsonValueKind.String) value = text.GetString();
            if (!requirement.Matches(value)) return false;
        }

        return true;
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var requirement in Requirements) text.Append(text.Length == 0 ? "" : ",").Append(requirement);
        return text.ToString();
    }

    internal static LabelSelector Sorted(IEnumerable<LabelRequirement> requirements) =>
        new([.. requirements.OrderBy(requirement => requirement.Key, StringComparer.Ordinal)]);

    private static LabelRequirement FromExpression(JsonObject expression)
    {
        var key = (string?)expression["key"] ?? "";
        var values = expression["values"] is JsonArray array ? array.Select(value => value?.GetValue<string>() ?? "").ToImmutableArray() : [];
        var name = (string?)expression["operator"] ?? "";
        SelectorOperator? op = name switch
        {
            "In" => SelectorOperator.In,
            "NotIn" => SelectorOperator.NotIn,
            "Exists" => SelectorOperator.Exists,
            "DoesNotExist" => SelectorOperator.DoesNotExist,
            _ => null,
        };
        return LabelSelectorParser.Checked(key, op ?? throw new FormatException($"\"{name}\" is not a valid label selector operator"), values);
    }
}
