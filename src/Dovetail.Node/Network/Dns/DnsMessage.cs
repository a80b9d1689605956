using System.Buffers.Binary;

namespace Dovetail.Node.Network.Dns;

/// <summary>The little of a DNS message (RFC 1035 §4) that a forwarder looks at.</summary>
internal static class DnsMessage
{
    public const int HeaderBytes = 12;
    private const byte ServerFailure = 2;
    private const byte ResponseBit = 0x80;
    private const byte RecursionAvailable = 0x80;

    /// <summary>A query (not a response) with a whole header.</summary>
    public static bool IsQuery(ReadOnlySpan<byte> message) => message.Length >= HeaderBytes && (message[2] & ResponseBit) == 0;

    public static ushort Id(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message);

    /// <summary>The query turned into the answer SERVFAIL: header and question, no records.</summary>
    public static byte[] Failure(ReadOnlySpan<byte> query)
    {
        var answer = query[..QuestionEnd(query)].ToArray();
        answer[2] |= ResponseBit;
        answer[3] = RecursionAvailable | ServerFailure;
        if (answer.Length == HeaderBytes) answer.AsSpan(4, 2).Clear();
        answer.AsSpan(6, 6).Clear();
        return answer;
    }

    /// <summary>Where the only question ends; the header's end when there is none, several, or it is cut off.</summary>
    private static int QuestionEnd(ReadOnlySpan<byte> query)
    {
        if (BinaryPrimitives.ReadUInt16BigEndian(query[4..]) != 1) return HeaderBytes;
        var at = HeaderBytes;
        while (at < query.Length && query[at] is > 0 and < 64) at += query[at] + 1;
        return at + 5 <= query.Length && query[at] == 0 ? at + 5 : HeaderBytes;
    }
}
