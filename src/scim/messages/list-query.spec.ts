import { describe, expect, it } from '@jest/globals';
import { listResponse } from './list-response.js';
import { parseListQuery, parseSearchRequest } from './list-query.js';
import { LIST_RESPONSE_URN, SEARCH_REQUEST_URN } from './urns.js';

describe('parseListQuery', () => {
  it('reads all parameters and ignores unknown ones', () => {
    const query = parseListQuery({
      filter: 'userName pr',
      sortBy: 'userName',
      sortOrder: 'Descending',
      startIndex: '6',
      count: '5',
      attributes: 'userName, name.givenName,,',
      aadOptscim062020: '',
    });

    expect(query).toEqual({
      filter: 'userName pr',
      sortBy: 'userName',
      sortOrder: 'descending',
      startIndex: 6,
      count: 5,
      attributes: ['userName', 'name.givenName'],
    });
  });

  it('[PAG-01] [PAG-02] takes startIndex below 1 as 1 and a negative count as 0', () => {
    expect(parseListQuery({ startIndex: '0', count: '-3' })).toEqual({
      sortOrder: 'ascending',
      startIndex: 1,
      count: 0,
    });
    expect(parseListQuery({})).toEqual({ sortOrder: 'ascending', startIndex: 1 });
  });

  it.each(['abc', '1.5', '', '1e2', '9'.repeat(30)])(
    '[PAG-03] refuses the count %j with invalidValue',
    (count) => {
      expect(() => parseListQuery({ count })).toThrow(
        expect.objectContaining({ scimType: 'invalidValue', attribute: 'count' }),
      );
    },
  );

  it('refuses an unknown sortOrder and a parameter given twice', () => {
    expect(() => parseListQuery({ sortOrder: 'up' })).toThrow(/ascending or descending/u);
    expect(() => parseListQuery({ filter: ['a pr', 'b pr'] })).toThrow(/the parameter once/u);
  });

  it('[FIL-19] passes an empty filter on, so that it is refused and not taken as none', () => {
    expect(parseListQuery({ filter: '' })).toHaveProperty('filter', '');
  });

  it('joins repeated attribute lists', () => {
    expect(parseListQuery({ excludedAttributes: ['members', 'meta'] })).toHaveProperty('excludedAttributes', [
      'members',
      'meta',
    ]);
  });
});

describe('parseSearchRequest', () => {
  it('[SEA-01] [SEA-04] reads arrays or comma-separated strings, and integers', () => {
    const request = {
      schemas: [SEARCH_REQUEST_URN],
      attributes: ['userName'],
      startIndex: 3,
      count: 2,
      filter: 'a pr',
    };

    expect(parseSearchRequest(request)).toEqual({
      filter: 'a pr',
      sortOrder: 'ascending',
      startIndex: 3,
      count: 2,
      attributes: ['userName'],
    });
    expect(
      parseSearchRequest({ schemas: [SEARCH_REQUEST_URN], excludedAttributes: 'members,meta' }),
    ).toHaveProperty('excludedAttributes', ['members', 'meta']);
  });

  it('refuses another message with invalidSyntax and wrong types with invalidValue', () => {
    expect(() => parseSearchRequest({ filter: 'a pr' })).toThrow(
      expect.objectContaining({ scimType: 'invalidSyntax' }),
    );
    expect(() => parseSearchRequest({ schemas: [SEARCH_REQUEST_URN], filter: 5 })).toThrow(
      expect.objectContaining({ scimType: 'invalidValue' }),
    );
    expect(() => parseSearchRequest({ schemas: [SEARCH_REQUEST_URN], attributes: [5] })).toThrow(
      /as strings/u,
    );
    expect(() => parseSearchRequest({ schemas: [SEARCH_REQUEST_URN], attributes: 5 })).toThrow(/an array/u);
  });
});

describe('listResponse', () => {
  it('[GET-02] [PAG-04] always sends all members, itemsPerPage being what is returned', () => {
    expect(listResponse({ resources: [{ id: 'a' }], totalResults: 12, startIndex: 4 })).toEqual({
      schemas: [LIST_RESPONSE_URN],
      totalResults: 12,
      startIndex: 4,
      itemsPerPage: 1,
      Resources: [{ id: 'a' }],
    });
  });
});
