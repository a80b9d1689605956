using CsCheck;
using Dovetail.Machinery.Apply;

namespace Dovetail.Machinery.Tests.Apply;

public sealed class FieldSetTests
{
    private static readonly Gen<List<string[]>> Paths =
        Gen.OneOf("f:a", "f:b", "k:{\"n\":\"x\"}", "v:1").Array[1, 3].List[0, 6];

    [Fact]
    public void FieldsV1_reads_back_what_it_writes() =>
        Paths.Sample(paths => FieldSet.Parse(FieldSet.Of(paths).ToJson()).SetEquals(FieldSet.Of(paths)));

    [Fact]
    public void The_algebra_is_that_of_plain_sets_of_paths() =>
        Gen.Select(Paths, Paths).Sample((a, b) =>
        {
            FieldSet x = FieldSet.Of(a), y = FieldSet.Of(b);
            HashSet<string> p = Plain(x), q = Plain(y);
            p.SetEquals(a.Select(path => string.Join("/", path))).ShouldBeTrue();
            Plain(x.Union(y)).SetEquals(p.Union(q)).ShouldBeTrue("union");
            Plain(x.Intersection(y)).SetEquals(p.Intersect(q)).ShouldBeTrue("intersection");
            Plain(x.Difference(y)).SetEquals(p.Except(q)).ShouldBeTrue("difference");
            Plain(x.DifferenceRecursive(y)).SetEquals(p.Where(path => !q.Any(other => path == other || path.StartsWith(other + "/", StringComparison.Ordinal)))).ShouldBeTrue("recursive difference");
            x.IsSubsetOf(y).ShouldBe(p.IsSubsetOf(q));
            x.IsEmpty.ShouldBe(p.Count == 0);
            x.Overlaps(y.ToJson()).ShouldBe(p.Overlaps(q));
            x.IsCoveredBy(y.ToJson()).ShouldBe(p.IsSubsetOf(q));
        });

    [Fact]
    public void Keys_are_canonical_whatever_their_order_and_spacing() =>
        FieldSet.Parse(JsonAssertions.Json("""{"f:ports":{"k:{\"protocol\": \"TCP\", \"port\":80}":{}}}""")).ToJson()
            .ShouldBeJson("""{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{}}}""");

    [Theory]
    [InlineData("""{"x:a":{}}""")]
    [InlineData("""{"f:a":1}""")]
    [InlineData("""{"k:[]":{}}""")]
    [InlineData("""{"v:":{}}""")]
    [InlineData("""{"f":{}}""")]
    public void What_is_no_field_set_is_refused(string fields) => Should.Throw<FormatException>(() => FieldSet.Parse(JsonAssertions.Json(fields)));

    private static HashSet<string> Plain(FieldSet set) => [.. set.Paths().Select(path => string.Join("/", path))];
}
