namespace Dovetail.Launcher.Prepare;

/// <summary>A disk cannot be made. <see cref="Reason"/> is a CamelCase word that a user can look up, the message says what to do.</summary>
internal sealed class PrepareException(string reason, string message) : Exception(message)
{
    public string Reason { get; } = reason;
}
