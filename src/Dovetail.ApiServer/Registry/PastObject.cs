using Dovetail.Machinery.Endpoints;

namespace Dovetail.ApiServer.Registry;

/// <summary>One state that an object had.</summary>
/// <param name="Object">The object; what history keeps of it when it was purged.</param>
/// <param name="Operation">Created, Updated or Deleted.</param>
/// <param name="Time">When it was written.</param>
public sealed record PastObject(ObjectBytes Object, string Operation, DateTimeOffset Time);
