using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Defaults;

/// <summary>flowcontrol.apiserver.k8s.io (<c>pkg/apis/flowcontrol/v1/defaults.go</c>).</summary>
internal static class FlowControlDefaults
{
    public static void FlowSchema(JsonObject schema) => schema.Child("spec")?.DefaultZero("matchingPrecedence", 1000);

    public static void PriorityLevel(JsonObject level)
    {
        if (level.Child("spec") is not { } spec)
            return;
        spec.Child("exempt")?.Default("nominalConcurrencyShares", 0);
        spec.Child("exempt")?.Default("lendablePercent", 0);
        spec.Child("limited")?.Default("nominalConcurrencyShares", 30);
        spec.Child("limited")?.Default("lendablePercent", 0);
        if (spec.Child("limited")?.Child("limitResponse")?.Child("queuing") is not { } queuing)
            return;
        queuing.DefaultZero("queues", 64);
        queuing.DefaultZero("handSize", 8);
        queuing.DefaultZero("queueLengthLimit", 50);
    }
}
