using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Dovetail.Machinery.Tables;

/// <summary>Writes the cells of rows as JSON: tables have many thousands of them, mostly short plain texts.</summary>
internal sealed class CellWriter(IBufferWriter<byte> output)
{
    private const int LongestNumber = 32;

    private static readonly SearchValues<char> Plain = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).Except(['"', '\\'])]);

    private bool first;

    /// <summary>Begins a row's list of cells.</summary>
    public void Start()
    {
        output.Write("["u8);
        first = true;
    }

    public void End() => output.Write("]"u8);

    public CellWriter Text(string value)
    {
        if (value.AsSpan().ContainsAnyExcept(Plain))
        {
            Separate();
            output.Write("\""u8);
            output.Write(JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes);
            output.Write("\""u8);
            return this;
        }

        Separate();
        var span = output.GetSpan(value.Length + 2);
        span[0] = (byte)'"';
        Encoding.UTF8.GetBytes(value, span[1..]);
        span[value.Length + 1] = (byte)'"';
        output.Advance(value.Length + 2);
        return this;
    }

    public CellWriter Number(long value)
    {
        Separate();
        Utf8Formatter.TryFormat(value, output.GetSpan(LongestNumber), out var count);
        output.Advance(count);
        return this;
    }

    public CellWriter Double(double value)
    {
        Separate();
        Utf8Formatter.TryFormat(value, output.GetSpan(LongestNumber), out var count);
        output.Advance(count);
        return this;
    }

    public CellWriter Boolean(bool value)
    {
        Separate();
        output.Write(value ? "true"u8 : "false"u8);
        return this;
    }

    public CellWriter Null()
    {
        Separate();
        output.Write("null"u8);
        return this;
    }

    private void Separate()
    {
        if (!first) output.Write(","u8);
        first = false;
    }
}
