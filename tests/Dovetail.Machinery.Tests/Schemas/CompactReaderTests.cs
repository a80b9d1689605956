using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsCheck;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tests.Schemas;

public sealed class CompactReaderTests
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void Tokens_are_those_of_the_platforms_reader() => CompactJsonTests.Objects(4).Sample(root =>
    {
        var json = Encoding.UTF8.GetBytes(root!.ToJsonString(Relaxed));
        var ours = new CompactReader(json);
        var theirs = new Utf8JsonReader(json);
        while (theirs.Read())
        {
            ours.Read().ShouldBeTrue();
            ours.TokenType.ShouldBe(theirs.TokenType);
            if (theirs.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
            {
                ours.GetString().ShouldBe(theirs.GetString());
                ours.ValueIsEscaped.ShouldBe(theirs.ValueIsEscaped);
            }

            if (theirs.TokenType != JsonTokenType.Number) continue;
            ours.GetDouble().ShouldBe(theirs.GetDouble());
            ours.TryGetInt64(out var integer).ShouldBe(theirs.TryGetInt64(out var wanted));
            if (wanted != 0) integer.ShouldBe(wanted);
        }

        ours.Read().ShouldBeFalse();
    });

    [Fact]
    public void A_value_that_is_skipped_or_taken_whole_leaves_the_reader_behind_it() => CompactJsonTests.Objects(3).Sample(root =>
    {
        var text = root!.ToJsonString();
        var ours = new CompactReader(Encoding.UTF8.GetBytes($$"""{"a":{{text}},"b":{{text}},"c":1}"""));
        for (var i = 0; i < 3; i++) ours.Read();
        ours.Skip();
        ours.Read();
        ours.Read();
        Encoding.UTF8.GetString(ours.Value()).ShouldBe(text);
        ours.Read();
        (ours.TokenType, ours.GetString()).ShouldBe((JsonTokenType.PropertyName, "c"));
    });
}
