using System.Text;

namespace Dovetail.ApiServer.Tests.Fuzz;

/// <summary>Texts that parsers stumble over.</summary>
internal static class NastyText
{
    private static readonly string[] Numbers =
    [
        "0", "-0", "-0.0", "1", "-1", "1.0", "1.5", "1e3", "1E+3", "1e-3", "2147483647", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
        "18446744073709551615", "18446744073709551616", "1e30", "1e308", "1e309", "1e999999999", "1e-400", "0.1e-999999999", "123456789012345678901234567890", "00", "01", "+1", ".5", "5.", "1_000", "0x1F",
        "0o17", "017", "0b11", "NaN", "Infinity", ".inf", "-.inf", ".nan", "1Ki", "1.5Gi", "100m", "1E", "1e", "1e+", "--1",
    ];

    private static readonly string[] Words =
    [
        "", " ", "a", "name", "metadata", "spec", "Default", "default", "kube-system", "true", "null", "~", "yes", "on", "<<", "=", "-", "- ", "?", ":", ": ", " #", "&a", "*a", "!!binary", "!!int x", "%TAG", "---", "...",
        "a/b", "a/b/c", "/", "..", "../..", "%2e%2e", "%00", "%", "a.b", "a..b", ".a", "a.", "A", "ä", "日本", "𝔘", "\u0000", "\u0001", "\u001f", "\u007f", "\u0085", "\u2028", "\ufeff", "\ufffd", "\t", "\n", "\r\n", "\\", "\"", "'",
        "2026-01-02T03:04:05Z", "2026-13-45T99:99:99Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2026-01-02", "10.0.0.1", "::1", "10.0.0.0/33", "1.2.3", "0.0.0.0/0", "$patch", "$retainKeys",
        "$setElementOrder/a", "$deleteFromPrimitiveList/a", "f:metadata", "k:{\"name\":\"a\"}", "v:1", "i:0", ".", "kubernetes.io/x", "a=b", "a in (b)", "!a", "(", ")", "{.a}", "[?(@.a==1)]", "..", "[*]", "[-1]",
        "^(a+)+$", "\\d", "[", "(?=a)", "a{1000}", "(a{1000}){1000}", "\\p{Greek}", "AQID", "AQI", "====", "e30", "eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ",
    ];

    public static string Number(Random random) => random.Next(30) == 0 ? new string('9', random.Next(2000)) : random.Pick(Numbers);

    public static string Word(Random random) => random.Next(40) switch
    {
        0 => new string(random.Pick("aA9-._/[({\"\\:& "), random.Next(5000)),
        1 => string.Concat(Enumerable.Repeat(random.Pick(Words), random.Next(300))),
        2 => random.Pick(Words) + random.Pick(Words) + random.Pick(Words),
        3 => Number(random),
        4 => new string([.. Enumerable.Range(0, random.Next(20)).Select(_ => (char)random.Next(0xd800))]),
        _ => random.Pick(Words),
    };

    public static T Pick<T>(this Random random, IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];

    public static char Pick(this Random random, string choices) => choices[random.Next(choices.Length)];

    /// <summary>Bytes with some of them changed: bits turned, parts left out, doubled, swapped with junk, or cut off.</summary>
    public static byte[] Mutate(Random random, byte[] bytes)
    {
        var result = new List<byte>(bytes);
        for (var i = random.Next(1, 6); i > 0 && result.Count > 0; i--)
        {
            var at = random.Next(result.Count);
            var length = Math.Min(result.Count - at, 1 + random.Next(random.Next(4) == 0 ? 200 : 6));
            switch (random.Next(8))
            {
                case 0: result[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: result[at] = (byte)random.Next(256); break;
                case 2: result.RemoveRange(at, length); break;
                case 3: result.InsertRange(at, result.GetRange(at, length)); break;
                case 4: result.InsertRange(at, Encoding.UTF8.GetBytes(Word(random))); break;
                case 5: result.InsertRange(at, Encoding.UTF8.GetBytes(Number(random))); break;
                case 6: result.RemoveRange(at, result.Count - at); break;
                default: result.InsertRange(at, Enumerable.Repeat(result[at], random.Next(300))); break;
            }
        }

        return [.. result];
    }
}
