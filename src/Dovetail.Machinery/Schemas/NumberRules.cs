using System.Globalization;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>What a custom resource's schema says of numbers. Upstream first looks whether a bound fits the schema's type, and compares with what a cast to it makes of the bound.</summary>
internal static class NumberRules
{
    public static void Check(Schema schema, JsonValue value, string path, List<StatusCause> causes)
    {
        var whole = JsonNumber.IsWhole(value);
        var number = JsonNumber.Of(value).Value;
        if (!Fits(schema, number))
            causes.Add(OutOfRange(schema, "Checked", path));
        if (schema.MultipleOf is { } step)
            MultipleOf(schema, value, number, whole, step, path, causes);
        if (schema.Minimum is { } min)
        {
            var bound = Bound.Of(schema, "Minimum boundary", min, whole, path, causes);
            if (schema.ExclusiveMinimum ? number <= bound.Value : number < bound.Value)
                causes.Add(bound.Broken(value, path, $"should be greater than {(schema.ExclusiveMinimum ? "" : "or equal to ")}{bound}"));
        }
        if (schema.Maximum is { } max)
        {
            var bound = Bound.Of(schema, "Maximum boundary", max, whole, path, causes);
            if (schema.ExclusiveMaximum ? number >= bound.Value : number > bound.Value)
                causes.Add(bound.Broken(value, path, $"should be less than {(schema.ExclusiveMaximum ? "" : "or equal to ")}{bound}"));
        }
    }

    private static void MultipleOf(Schema schema, JsonValue value, double number, bool whole, double factor, string path, List<StatusCause> causes)
    {
        var step = Bound.Of(schema, "MultipleOf", factor, whole, path, causes);
        if (step.Value <= 0)
            causes.Add(FieldErrors.Invalid(path, step.Shown, $"factor MultipleOf declared for {path} must be positive: {step}"));
        else if (step.Integer ? Exact(value) % (long)step.Value != 0 : !GoValues.IsInteger(step.Value < 1 ? 1 / step.Value * number : number / step.Value))
            causes.Add(step.Broken(value, path, $"should be a multiple of {step}"));
    }

    private static long Exact(JsonValue value) => value.TryGetValue(out long number) ? number : value.GetValue<int>();

    /// <summary>A bound as it is compared: with a value that was written as an integer it is cut to one, unless it does not fit the type; that is complained of, and both are compared and shown as floats.</summary>
    private readonly record struct Bound(double Value, bool Integer)
    {
        public static Bound Of(Schema schema, string what, double bound, bool whole, string path, List<StatusCause> causes)
        {
            var fits = Fits(schema, bound);
            if (!fits)
                causes.Add(OutOfRange(schema, what, path));
            return new(fits && whole ? Math.Truncate(bound) : bound, fits && whole);
        }

        public JsonValue Shown => Integer ? JsonValue.Create((long)Value) : JsonValue.Create(Value);

        public StatusCause Broken(JsonValue value, string path, string rule) => FieldErrors.Invalid(path, Integer ? value : JsonNumber.Of(value).Value, $"{path} in body {rule}");

        public override string ToString() => Integer ? ((long)Value).ToString(CultureInfo.InvariantCulture) : GoText.Float(Value);
    }

    private static bool Fits(Schema schema, double number) => (schema.Type, schema.Format) switch
    {
        (SchemaType.Integer, "int32") => IsWhole(number) && number is >= int.MinValue and <= int.MaxValue,
        (SchemaType.Integer, _) => IsWhole(number) && number is >= long.MinValue and <= long.MaxValue,
        (SchemaType.Number, "float") => Math.Abs(number) <= float.MaxValue,
        _ => true,
    };

    private static bool IsWhole(double number) => Math.Truncate(number).Equals(number);

    private static StatusCause OutOfRange(Schema schema, string what, string path)
    {
        var (type, format) = schema.Type == SchemaType.Integer ? ("integer", schema.Format is "int32" or "int64" ? schema.Format : "") : ("number", "float");
        return FieldErrors.Invalid("<nil>", "", string.Create(CultureInfo.InvariantCulture, $"{what} value must be of type {type} {(format.Length > 0 ? $"with format {format}" : "(default format)")} in {path}"));
    }
}
