using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>resource.k8s.io DeviceClass, and the selectors and configurations that claims have as well; expressions are not compiled (<c>pkg/apis/resource/validation</c>).</summary>
internal static class DeviceClassRules
{
    private const int MaxSelectors = 32;
    private const int MaxConfigurations = 32;
    private const int MaxExpression = 10 * 1024;
    private const int MaxParameters = 10 * 1024;

    public static void Check(FieldScope @class, JsonObject? old)
    {
        var spec = @class.Part("spec");
        CheckSelectors(spec);
        if (spec.Count("config") is var count and > MaxConfigurations)
            spec.TooMany("config", count, MaxConfigurations);
        else
        {
            foreach (var configuration in spec.Each("config"))
                CheckConfiguration(configuration);
        }
        if (spec.Has("extendedResourceName") && !ResourceRules.IsExtended(spec.Text("extendedResourceName")))
            spec.Invalid("extendedResourceName", "must be a valid extended resource name");
    }

    public static void CheckSelectors(FieldScope holder)
    {
        if (holder.Count("selectors") is var count and > MaxSelectors)
        {
            holder.TooMany("selectors", count, MaxSelectors);
            return;
        }
        foreach (var selector in holder.Each("selectors"))
        {
            if (selector.Child("cel") is not { } cel)
                selector.Required("cel");
            else if (cel.Text("expression").Length > MaxExpression)
                cel.TooLong("expression", MaxExpression);
        }
    }

    public static void CheckConfiguration(FieldScope configuration)
    {
        if (configuration.Child("opaque") is not { } opaque)
        {
            configuration.Required("opaque");
            return;
        }
        CsiRules.CheckDriverName(opaque, "driver");
        if (!opaque.Has("parameters"))
            opaque.Required("parameters");
        else if (opaque.Object["parameters"]!.ToJsonString().Length > MaxParameters)
            opaque.TooLong("parameters", MaxParameters);
        else if (opaque.Object["parameters"]!.GetValueKind() != JsonValueKind.Object)
            opaque.Invalid("parameters", "<value omitted>", "must be a valid JSON object");
    }
}
