using System.Text;

namespace Dovetail.ApiServer.Tests.Fuzz;

/// <summary>Messages in protobuf's wire format that are nearly objects of built-in kinds: field numbers that exist, nested messages, groups, lengths and varints that do not fit.</summary>
internal static class NastyProtobuf
{
    private static readonly (string ApiVersion, string Kind)[] Kinds =
    [
        ("v1", "Pod"), ("v1", "ConfigMap"), ("v1", "Service"), ("apps/v1", "Deployment"), ("batch/v1", "CronJob"), ("v1", "DeleteOptions"), ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ("rbac.authorization.k8s.io/v1", "Role"), ("networking.k8s.io/v1", "NetworkPolicy"), ("v1", "Nope"), ("", ""), ("autoscaling/v2", "HorizontalPodAutoscaler"), ("authentication.k8s.io/v1", "TokenReview"),
    ];

    public static byte[] Object(Random random)
    {
        var (apiVersion, kind) = random.Pick(Kinds);
        var output = new List<byte>("k8s\0"u8.ToArray());
        output.AddRange(Delimited(1, [.. Delimited(1, Encoding.UTF8.GetBytes(apiVersion)), .. Delimited(2, Encoding.UTF8.GetBytes(kind))]));
        output.AddRange(Delimited(2, [.. Delimited(1, [.. Delimited(1, "a"u8.ToArray()), .. Message(random, 2)]), .. Message(random, 6)]));
        if (random.Next(10) == 0) output.AddRange(Delimited(random.Next(3, 5), Encoding.UTF8.GetBytes(NastyText.Word(random))));
        return random.Next(3) == 0 ? NastyText.Mutate(random, [.. output]) : [.. output];
    }

    private static byte[] Message(Random random, int depth)
    {
        var output = new List<byte>();
        for (var i = random.Next(6); i > 0; i--) output.AddRange(Field(random, depth));
        if (random.Next(100) == 0) output.AddRange(Nested(random));
        return [.. output];
    }

    private static byte[] Field(Random random, int depth)
    {
        var number = random.Next(20) == 0 ? random.Next(1 << 29) : 1 + random.Next(42);
        switch (random.Next(12))
        {
            case 0: return [.. Varint((ulong)number << 3), .. Varint(random.Pick<ulong>([0, 1, 2, 127, 128, uint.MaxValue, long.MaxValue, ulong.MaxValue]))];
            case 1: return [.. Varint(((ulong)number << 3) | 1), 1, 2, 3, 4, 5, 6, 7, (byte)random.Next(256)];
            case 2: return [.. Varint(((ulong)number << 3) | 5), 1, 2, 3, 4];
            case 3: return [.. Varint(((ulong)number << 3) | 3), .. random.Next(2) == 0 ? Varint(((ulong)number << 3) | 4) : []];
            case 4: return [.. Varint(((ulong)number << 3) | 2), .. Varint(random.Pick<ulong>([5000, int.MaxValue, (ulong)int.MaxValue + 1, long.MaxValue, ulong.MaxValue]))];
            case 5: return [.. Enumerable.Repeat((byte)0xff, random.Next(1, 12))];
            case 6: return Delimited(number, Encoding.UTF8.GetBytes(NastyText.Word(random)));
            case 7: return Delimited(number, [0xff, 0xfe, 0xc0]);
            default: return Delimited(number, depth > 0 ? Message(random, depth - 1) : "a"u8.ToArray());
        }
    }

    private static byte[] Nested(Random random)
    {
        var number = 1 + random.Next(30);
        if (random.Next(2) == 0) return [.. Enumerable.Repeat((byte)((number << 3) | 3), 1000)];
        byte[] inner = [];
        for (var i = 0; i < 200; i++) inner = Delimited(number, inner);
        return inner;
    }

    private static byte[] Delimited(int number, byte[] content) => [.. Varint(((ulong)number << 3) | 2), .. Varint((ulong)content.Length), .. content];

    private static byte[] Varint(ulong value)
    {
        var output = new List<byte>();
        for (; value > 127; value >>= 7) output.Add((byte)(value | 0x80));
        output.Add((byte)value);
        return [.. output];
    }
}
