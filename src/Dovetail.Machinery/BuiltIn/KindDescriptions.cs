namespace Dovetail.Machinery.BuiltIn;

/// <summary>Our words about the definitions and fields that people look up most. A line is <c>file/Type words</c>, below it two blanks, a field and words;
/// the type <c>*</c> stands for every kind.</summary>
internal sealed class KindDescriptions
{
    private const string EveryKind = "*";

    private readonly Dictionary<(string Type, string Field), string> words = [];

    public KindDescriptions(string text)
    {
        var type = "";
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.IsWhiteSpace())
                continue;
            var trimmed = line.TrimStart();
            var blank = trimmed.IndexOf(' ');
            var (name, description) = blank < 0 ? (trimmed.ToString(), "") : (trimmed[..blank].ToString(), trimmed[(blank + 1)..].ToString());
            if (line[0] != ' ')
                type = name;
            words.Add((type, line[0] == ' ' ? name : ""), description);
        }
    }

    /// <summary>"" when nothing is said about the type (<c>file/Type</c>).</summary>
    public string OfType(string type) => words.GetValueOrDefault((type, ""), "");

    public string OfField(string type, string field, bool ofKind) =>
        words.GetValueOrDefault((type, field)) ?? (ofKind ? words.GetValueOrDefault((EveryKind, field), "") : "");
}
