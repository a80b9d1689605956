using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>flowcontrol.apiserver.k8s.io PriorityLevelConfiguration (<c>pkg/apis/flowcontrol/validation</c>).</summary>
internal static class PriorityLevelRules
{
    /// <summary>Name of the level, and of its schema, that knows no limits.</summary>
    internal const string Exempt = "exempt";

    private const int MaxQueues = 10_000_000;

    /// <summary>Bits of the hash that deals hands of queues.</summary>
    private const int MaxHashBits = 60;

    public static void Check(FieldScope level, JsonObject? old)
    {
        var spec = level.Part("spec");
        var type = spec.Text("type");
        if (type is not ("Exempt" or "Limited"))
        {
            spec.NotSupported("type", type, "Exempt", "Limited");
            return;
        }
        if ((level.Part("metadata").Text("name") == Exempt) != (type == "Exempt"))
            spec.Invalid("type", type, "must be 'Exempt' if and only if `name` is 'exempt'");
        if (type == "Exempt")
        {
            if (spec.Has("limited"))
                spec.Forbidden("limited", "must be nil if the type is not Limited");
            if (spec.Child("exempt") is { } exempt)
            {
                CheckShares(exempt);
                CheckLendable(exempt);
            }
            return;
        }
        if (spec.Has("exempt"))
            spec.Forbidden("exempt", "must be nil if the type is Limited");
        if (spec.Child("limited") is { } limited)
            CheckLimited(limited);
        else
            spec.Required("limited", "must not be empty when type is Limited");
    }

    private static void CheckLimited(FieldScope limited)
    {
        CheckShares(limited);
        CheckResponse(limited.Part("limitResponse"));
        CheckLendable(limited);
        if (limited.Number("borrowingLimitPercent") < 0)
            limited.Invalid("borrowingLimitPercent", "if specified, must be a non-negative integer");
    }

    private static void CheckShares(FieldScope level)
    {
        if (level.Number("nominalConcurrencyShares") < 0)
            level.Invalid("nominalConcurrencyShares", "must be a non-negative integer");
    }

    private static void CheckLendable(FieldScope level)
    {
        if (level.Number("lendablePercent") is < 0 or > 100)
            level.Invalid("lendablePercent", "must be between 0 and 100, inclusive");
    }

    private static void CheckResponse(FieldScope response)
    {
        var queuing = response.Child("queuing");
        switch (response.Text("type"))
        {
            case "Reject" when queuing is not null:
                response.Forbidden("queuing", "must be nil if limited.limitResponse.type is not Limited");
                break;
            case "Reject":
                break;
            case "Queue" when queuing is null:
                response.Required("queuing", "must not be empty if limited.limitResponse.type is Limited");
                break;
            case "Queue":
                CheckQueuing(queuing.Value);
                break;
            default:
                response.OneOf("type", "Queue", "Reject");
                break;
        }
    }

    private static void CheckQueuing(FieldScope queuing)
    {
        var (queues, hand) = (queuing.Whole("queues"), queuing.Whole("handSize"));
        if (queuing.Whole("queueLengthLimit") <= 0)
            queuing.Invalid("queueLengthLimit", "must be positive");
        if (queues <= 0)
            queuing.Invalid("queues", queues, "must be positive");
        else if (queues > MaxQueues)
            queuing.Invalid("queues", queues, $"must not be greater than {MaxQueues}");
        if (hand <= 0)
            queuing.Invalid("handSize", hand, "must be positive");
        else if (hand > queues)
            queuing.Invalid("handSize", hand, $"should not be greater than queues ({queues})");
        else if (Math.Ceiling(Math.Log2(queues) * hand) > MaxHashBits)
            queuing.Invalid("handSize", hand, $"required entropy bits of deckSize {queues} and handSize {hand} should not be greater than {MaxHashBits}");
    }
}
