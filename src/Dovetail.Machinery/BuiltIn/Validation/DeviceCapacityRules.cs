using System.Globalization;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Quantities;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>How much of a device's capacity may be asked for (<c>pkg/apis/resource/validation</c>).</summary>
internal static class DeviceCapacityRules
{
    private const int MaxChoices = 10;

    /// <param name="capacity">The capacity.</param>
    /// <param name="shared">Whether several claims may have the device at once.</param>
    public static void Check(FieldScope capacity, bool shared)
    {
        if (capacity.Child("requestPolicy") is not { } policy)
            return;
        if (!shared)
            capacity.Forbidden("requestPolicy", "allowMultipleAllocations must be true");
        else if (policy.Count("validValues") > 0 && policy.Has("validRange"))
            policy.Forbidden("", "exactly one policy can be specified, cannot specify \"validValues\" and \"validRange\" at the same time");
        else
            CheckPolicy(policy, capacity.Amount("value") ?? default);
    }

    private static void CheckPolicy(FieldScope policy, Quantity most)
    {
        var (values, range) = (policy.Count("validValues") > 0, policy.Child("validRange"));
        if (!values && range is null)
            return;
        if (policy.Amount("default") is not { } standard)
            policy.Required("default", $"required when {(values ? "validValues" : "validRange")} is defined");
        else if (values)
            CheckValues(policy, most, standard);
        else
            CheckRange(range!.Value, most, standard);
    }

    private static void CheckValues(FieldScope policy, Quantity most, Quantity standard)
    {
        var values = new List<Quantity>();
        foreach (var node in policy.Object["validValues"] as JsonArray ?? [])
            values.Add(new FieldScope(new JsonObject { ["value"] = node?.DeepClone() }, "", []).Amount("value") ?? default);
        for (var i = 1; i < values.Count; i++)
        {
            if (values[i - 1] > values[i])
                policy.Invalid($"validValues[{i}]", values[i].ToString(), "values must be sorted in ascending order");
        }
        if (values.Count > MaxChoices)
            policy.TooMany("validValues", values.Count, MaxChoices);
        else
        {
            for (var i = 0; i < values.Count; i++)
            {
                if (values[i] > most)
                    policy.Invalid($"validValues[{i}]", values[i].ToString(), $"option is larger than capacity value: {most}");
            }
            var seen = new HashSet<long>();
            for (var i = 0; i < values.Count; i++)
            {
                if (!seen.Add(values[i].ToLong()))
                    policy.Duplicate($"validValues[{i}]", values[i].ToLong().ToString(CultureInfo.InvariantCulture));
            }
        }
        if (values.Count > MaxChoices || !values.Contains(standard))
            policy.Invalid("validValues", standard.ToString(), "default value is not valid according to the requestPolicy");
    }

    private static void CheckRange(FieldScope range, Quantity most, Quantity standard)
    {
        if (range.Amount("min") is not { } min)
        {
            range.Required("min", "required when validRange is defined");
            return;
        }
        if (min > most)
            range.Invalid("min", min.ToString(), $"min is larger than capacity value: {most}");
        if (standard < min)
            range.Invalid("min", standard.ToString(), $"default is less than min: {min}");
        if (range.Amount("max") is { } max)
        {
            if (min > max)
                range.Invalid("max", min.ToString(), $"min is larger than max: {max}");
            if (max > most)
                range.Invalid("max", max.ToString(), $"max is larger than capacity value: {most}");
            if (standard > max)
                range.Invalid("max", standard.ToString(), $"default is more than max: {max}");
        }
        if (range.Amount("step") is { } step)
            CheckStep(range, most, standard, min, step);
    }

    private static void CheckStep(FieldScope range, Quantity most, Quantity standard, Quantity min, Quantity step)
    {
        var first = min + step;
        if (first > most)
            range.Invalid("step", step.ToString(), $"one step {first} is larger than capacity value: {most}");
        foreach (var value in range.Amount("max") is { } max ? (ReadOnlySpan<Quantity>)[standard, max] : [standard])
        {
            if (step.ToLong() != 0 && (value.ToLong() - min.ToLong()) % step.ToLong() != 0)
                range.Invalid("step", value.ToString(), $"value is not a multiple of a given step ({step}) from ({min})");
        }
    }
}
