using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer;

/// <summary>An API group that another part of the process serves (upstream: an APIService). Requests arrive authenticated and authorised; the user is the feature <see cref="Machinery.Endpoints.UserInfo"/>.</summary>
/// <param name="Group">The API group, <c>subresources.kubevirt.io</c>.</param>
/// <param name="ResourceLists">For each version its <c>APIResourceList</c> as JSON.</param>
/// <param name="PreferredVersion">One of the versions.</param>
/// <param name="Handler">Serves everything below <c>/apis/GROUP/VERSION/</c>.</param>
public sealed record AggregatedApi(string Group, ImmutableArray<(string Version, ReadOnlyMemory<byte> ResourceList)> ResourceLists, string PreferredVersion, RequestDelegate Handler);
