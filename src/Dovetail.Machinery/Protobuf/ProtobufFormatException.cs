namespace Dovetail.Machinery.Protobuf;

/// <summary>Bytes are no protobuf of the kind that they claim to be; the message is fit for the client: <c>proto: ObjectMeta.labels: unexpected end</c>.</summary>
public sealed class ProtobufFormatException : FormatException
{
    public ProtobufFormatException(string reason)
        : base($"proto: {reason}")
    {
        Reason = reason;
    }

    private ProtobufFormatException(string place, ProtobufFormatException inner)
        : base($"proto: {place}: {inner.Reason}", inner)
    {
        Reason = inner.Reason;
        IsPlaced = true;
    }

    /// <summary>What is wrong, without where.</summary>
    public string Reason { get; }

    /// <summary>Whether the innermost message and its field are already named.</summary>
    internal bool IsPlaced { get; }

    internal ProtobufFormatException At(string place) => new(place, this);
}
