namespace Dovetail.Virtctl.Commands;

/// <summary>A command failed; the message is what the user reads on standard error, and the exit code is 1.</summary>
public sealed class VirtctlException(string message, Exception? inner = null) : Exception(message, inner);
