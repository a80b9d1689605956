namespace Dovetail.ApiServer.Registry;

/// <summary>The namespace or the definition of an object that was to be created changed before it was committed. Whoever began the write begins it anew.</summary>
internal sealed class OvertakenException : Exception;
