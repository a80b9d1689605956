using System.Diagnostics;
using Dovetail.Machinery.Patterns;

namespace Dovetail.Machinery.Tests.Patterns;

/// <summary>What differs between Go's patterns and .NET's, and patterns made to hurt.</summary>
public sealed class GoPatternTests
{
    [Theory]
    [InlineData("a{1001}", "invalid repeat count: `{1001}`")]
    [InlineData(@"\Z", @"invalid escape sequence: `\Z`")]
    [InlineData("(?#x)", "invalid or unsupported Perl syntax: `(?#`")]
    [InlineData("(?x)a", "invalid or unsupported Perl syntax: `(?x`")]
    [InlineData("(?=a)", "invalid or unsupported Perl syntax: `(?=`")]
    [InlineData(@"\C", @"invalid escape sequence: `\C`")]
    [InlineData(@"(a)\1", @"invalid escape sequence: `\1`")]
    [InlineData("a**", "invalid nested repetition operator: `**`")]
    [InlineData("(a", "missing closing ): `(a`")]
    [InlineData("a)", "unexpected ): `a)`")]
    [InlineData("[a", "missing closing ]: `[a`")]
    [InlineData("((a{32}){32}){2}", "invalid repeat count: `{32}`")]
    [InlineData("\\", "trailing backslash at end of expression: ``")]
    public void What_Go_refuses_is_refused_in_its_words(string pattern, string message) =>
        Should.Throw<GoPatternException>(() => GoPattern.Parse(pattern)).Message.ShouldBe($"error parsing regexp: {message}");

    [Theory]
    [InlineData("a$", "a\n", false)]
    [InlineData("(?m)a$", "a\n", true)]
    [InlineData(@"^\d$", "٣", false)]
    [InlineData(@"^\w$", "é", false)]
    [InlineData(@"(?i)^\w$", "ſ", true)]
    [InlineData("^.$", "😀", true)]
    [InlineData("^[^a]$", "😀", true)]
    [InlineData("(?i)^k$", "\u212A", true)]
    [InlineData("(?i)^i$", "ı", false)]
    [InlineData(@"^\p{Greek}+$", "αβγ", true)]
    [InlineData(@"^\Qa.b\E$", "a.b", true)]
    [InlineData(@"^\x{1F600}$", "😀", true)]
    [InlineData("(?U)^a+$", "aa", true)]
    [InlineData("^(?P<n>a)$", "a", true)]
    [InlineData("[[:^alpha:]]", "a", false)]
    public void A_pattern_means_what_it_means_to_Go(string pattern, string text, bool matches) => GoPattern.Parse(pattern).IsMatch(text).ShouldBe(matches);

    [Theory]
    [InlineData("^(a*)*b$")]
    [InlineData("(a|a)*b")]
    [InlineData("(.*)(.*)(.*)(.*)[xyz]$")]
    [InlineData("a{1000}b")]
    public void A_pattern_that_would_backtrack_for_ever_takes_time_linear_in_the_text(string pattern)
    {
        var evil = GoPattern.Parse(pattern);
        evil.IsMatch("a").ShouldBeFalse();
        var clock = Stopwatch.StartNew();
        evil.IsMatch(new string('a', 20_000)).ShouldBeFalse();
        // Milliseconds; whoever tries every way needs longer than the universe has been there.
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void Huge_patterns_are_refused_before_they_cost_memory()
    {
        Should.Throw<GoPatternException>(() => GoPattern.Parse($"({new string('a', 1000)}){{1000}}")).Message.ShouldContain("expression too large");
        Should.Throw<GoPatternException>(() => GoPattern.Parse(new string('(', 5000) + new string(')', 5000))).Message.ShouldContain("expression nests too deeply");
        Should.Throw<GoPatternException>(() => GoPattern.Parse($"[{string.Concat(Enumerable.Repeat(@"\pL", 100_000))}]")).Message.ShouldContain("expression too large");
    }
}
