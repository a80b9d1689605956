using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using k8s.Models;

namespace Dovetail.Api.Json;

/// <summary>
/// How objects become JSON everywhere: camelCase, absent instead of null, times in Kubernetes' two formats. A source-generated context is wrapped by
/// <see cref="OptionsFor"/>; the context must also register <see cref="JsonElement"/>, because <c>metadata.managedFields[].fieldsV1</c> is an <see cref="object"/>.
/// </summary>
public static class KubeJson
{
    private static readonly KubeMicroTimeConverter MicroTime = new();

    /// <summary>Read-only options over a source-generated context; take the type information of a kind with <see cref="TypeInfo{T}"/>.</summary>
    public static JsonSerializerOptions OptionsFor(IJsonTypeInfoResolver context)
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            MaxDepth = 512, // objects of kinds that keep unknown fields nest as deep as the API server allows; who watches them must not stumble
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = context.WithAddedModifier(UseMicroTime),
        };
        options.Converters.Add(new KubeTimeConverter());
        options.Converters.Add(new KubeQuantityConverter());
        options.MakeReadOnly();
        return options;
    }

    public static JsonTypeInfo<T> TypeInfo<T>(JsonSerializerOptions options) => (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));

    /// <summary>The official models do not tell Time from MicroTime; these are the fields that the API defines as MicroTime.</summary>
    private static void UseMicroTime(JsonTypeInfo type)
    {
        if (type.Type != typeof(V1LeaseSpec) && type.Type != typeof(Corev1Event) && type.Type != typeof(Corev1EventSeries)) return;
        foreach (var property in type.Properties)
            if (property.Name is "acquireTime" or "renewTime" or "eventTime" or "lastObservedTime")
                property.CustomConverter = MicroTime;
    }
}
