namespace Dovetail.Machinery.Yaml;

/// <summary>A text is no YAML that can be turned into JSON; the message is fit for the client (<c>error converting YAML to JSON: yaml: line 3: …</c>).</summary>
public sealed class YamlFormatException(string message, Exception? inner = null) : FormatException(message, inner);
